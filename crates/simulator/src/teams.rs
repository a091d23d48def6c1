//! Who does the work.

/// A team of the IT department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Team {
    ServiceDesk,
    DesktopSupport,
    Infrastructure,
    Networks,
    CyberSecurity,
    EprConfiguration,
    Integration,
    ClinicalSystems,
    DiagnosticSystems,
    CorporateSystems,
    BusinessIntelligence,
    Projects,
    DigitalTransformation,
    Telecoms,
    RegistrationAuthority,
    InformationGovernance,
    Training,
    Contracts,
}

impl Team {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ServiceDesk => "Service Desk",
            Self::DesktopSupport => "Desktop Support",
            Self::Infrastructure => "Infrastructure",
            Self::Networks => "Networks",
            Self::CyberSecurity => "Cyber Security",
            Self::EprConfiguration => "EPR Configuration",
            Self::Integration => "Integration",
            Self::ClinicalSystems => "Clinical Systems",
            Self::DiagnosticSystems => "Diagnostic Systems",
            Self::CorporateSystems => "Corporate Systems",
            Self::BusinessIntelligence => "Business Intelligence",
            Self::Projects => "Projects (PMO)",
            Self::DigitalTransformation => "Digital Transformation",
            Self::Telecoms => "Telecoms",
            Self::RegistrationAuthority => "Registration Authority",
            Self::InformationGovernance => "Information Governance",
            Self::Training => "Digital Training",
            Self::Contracts => "Contracts and Licensing",
        }
    }

    /// Which part of its finished work the team logs time on. Some teams hardly do.
    pub(crate) fn logs(self) -> f64 {
        match self {
            Self::ServiceDesk => 0.78,
            Self::DesktopSupport => 0.7,
            Self::Projects | Self::DigitalTransformation => 0.82,
            Self::EprConfiguration | Self::Training => 0.74,
            Self::BusinessIntelligence | Self::RegistrationAuthority => 0.66,
            Self::ClinicalSystems | Self::CyberSecurity => 0.6,
            Self::Infrastructure | Self::Integration | Self::CorporateSystems => 0.48,
            Self::DiagnosticSystems | Self::Telecoms => 0.42,
            Self::Networks | Self::InformationGovernance => 0.3,
            Self::Contracts => 0.12,
        }
    }
}
