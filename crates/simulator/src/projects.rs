//! The trust's projects, in months from the first day of the story.

use crate::{teams::Team, work::Programme};

pub(crate) struct Project {
    pub(crate) title: &'static str,
    pub(crate) truth: &'static str,
    pub(crate) programme: Programme,
    pub(crate) team: Team,
    pub(crate) system: Option<&'static str>,
    /// The department for which it is done; without one it was the IT department's own idea.
    pub(crate) sponsor: Option<&'static str>,
    pub(crate) starts: f64,
    pub(crate) months: f64,
}

const fn product(title: &'static str, system: Option<&'static str>, starts: f64, months: f64) -> Project {
    Project {
        title,
        truth: "new_product",
        programme: Programme::Product,
        team: Team::Projects,
        system,
        sponsor: None,
        starts,
        months,
    }
}

const fn rollout(title: &'static str, system: &'static str, starts: f64, months: f64) -> Project {
    Project {
        title,
        truth: "rollout",
        programme: Programme::Rollout,
        team: Team::Projects,
        system: Some(system),
        sponsor: None,
        starts,
        months,
    }
}

const fn discovery(title: &'static str, starts: f64, months: f64) -> Project {
    Project {
        title,
        truth: "advice",
        programme: Programme::Discovery,
        team: Team::DigitalTransformation,
        system: None,
        sponsor: None,
        starts,
        months,
    }
}

const fn foundations(title: &'static str, truth: &'static str, starts: f64, months: f64) -> Project {
    Project {
        title,
        truth,
        programme: Programme::Foundations,
        team: Team::Infrastructure,
        system: None,
        sponsor: None,
        starts,
        months,
    }
}

impl Project {
    const fn sponsored_by(self, department: &'static str) -> Self {
        Self { sponsor: Some(department), ..self }
    }
}

/// The first three are the great programmes, which even the smallest simulated trust has.
pub(crate) const GREAT_PROGRAMMES: usize = 3;

pub(crate) const PROJECTS: &[Project] = &[
    Project {
        title: "EPR programme phase 2: wards, theatres and outpatients",
        truth: "new_product",
        programme: Programme::Epr,
        team: Team::Projects,
        system: Some("Electronic patient record"),
        sponsor: None,
        starts: 5.5,
        months: 12.0,
    },
    Project {
        title: "N365 rollout",
        truth: "rollout",
        programme: Programme::N365,
        team: Team::Projects,
        system: Some("N365 mail"),
        sponsor: None,
        starts: 2.0,
        months: 7.0,
    },
    Project {
        title: "Windows 11 rollout",
        truth: "rollout",
        programme: Programme::Windows11,
        team: Team::Projects,
        system: Some("Windows 11 desktop"),
        sponsor: None,
        starts: 9.5,
        months: 12.0,
    },
    product("New digital pre-operative assessment", Some("Pre-operative assessment system"), 0.0, 6.0)
        .sponsored_by("Pre-operative Assessment"),
    product("Patient portal: appointments and letters", Some("Patient portal"), 0.0, 9.0)
        .sponsored_by("Main Outpatients"),
    product("New virtual ward platform", Some("Virtual ward platform"), 1.0, 7.0)
        .sponsored_by("Urgent Community Response"),
    product("Digital histopathology implementation", Some("Digital histopathology"), 2.0, 10.0)
        .sponsored_by("Cellular Pathology"),
    product("New blood tracking system", Some("Blood tracking kiosks"), 3.0, 7.0)
        .sponsored_by("Blood Sciences"),
    product("Robotic process automation for referrals", None, 4.0, 6.0).sponsored_by("Booking Centre"),
    product("New staff app", Some("Intranet"), 5.0, 5.0).sponsored_by("Communications"),
    product("Electronic consent implementation", None, 6.0, 8.0).sponsored_by("Main Theatres"),
    product("New ophthalmology record", Some("Ophthalmology imaging"), 8.0, 7.0).sponsored_by("Eye Clinic"),
    product("Ambient voice note pilot", None, 10.0, 6.0),
    product("New theatre scheduling tool", Some("Theatre management system"), 11.0, 9.0)
        .sponsored_by("Main Theatres"),
    product("Digital maternity notes for women", Some("Maternity system"), 12.0, 9.0)
        .sponsored_by("Antenatal Clinic"),
    product("New discharge lounge app", None, 16.0, 5.0).sponsored_by("Site and Bed Management"),
    product("Automated clinical coding assistant", Some("Clinical coding encoder"), 17.0, 6.0)
        .sponsored_by("Clinical Coding"),
    product("New community scheduling system", Some("Community patient record"), 18.0, 6.0)
        .sponsored_by("Community Nursing North"),
    product("Patient portal: questionnaires", Some("Patient portal"), 18.5, 5.0)
        .sponsored_by("Main Outpatients"),
    product("New cancer tracking dashboard", Some("Cancer management system"), 20.0, 5.0)
        .sponsored_by("Cancer Services"),
    product("Digital wayfinding implementation", None, 20.5, 6.0),
    rollout("Electronic observations rollout to community beds", "Electronic observations", 0.0, 5.0)
        .sponsored_by("Community Nursing South"),
    rollout("Digital dictation rollout", "Clinical correspondence and digital dictation", 0.0, 7.0)
        .sponsored_by("Medical Secretaries"),
    rollout("e-Rostering rollout to medical staff", "e-Rostering", 1.0, 8.0).sponsored_by("Human Resources"),
    rollout("Self check-in kiosk rollout", "Patient check-in kiosks", 3.0, 5.0)
        .sponsored_by("Main Outpatients"),
    rollout("Single sign-on rollout", "Single sign-on", 4.0, 7.0),
    rollout("Clinical messaging app rollout", "Clinical messaging app", 6.0, 5.0),
    rollout("Multi-factor authentication rollout", "Multi-factor authentication", 9.0, 5.0),
    rollout("Medicine cabinet rollout", "Automated medicine cabinets", 10.0, 8.0).sponsored_by("Pharmacy"),
    rollout("Video consultation rollout to therapies", "Video consultation", 12.0, 5.0)
        .sponsored_by("Physiotherapy"),
    rollout("Voice recognition rollout to outpatients", "Voice recognition reporting", 15.0, 6.0)
        .sponsored_by("Medical Secretaries"),
    rollout("Mobile devices rollout to community nursing", "Mobile device management", 17.0, 6.0)
        .sponsored_by("Community Nursing North"),
    rollout("Point of care testing rollout", "Point of care testing", 19.0, 5.0)
        .sponsored_by("Blood Sciences"),
    rollout("Shared care record rollout to the emergency department", "Shared care record", 20.0, 5.0)
        .sponsored_by("Emergency Department"),
    discovery("Discovery: outpatient transformation", 0.0, 4.0).sponsored_by("Main Outpatients"),
    discovery("Discovery: digital front door", 2.0, 4.0),
    discovery("Business case: pathology network LIMS", 3.0, 6.0).sponsored_by("Blood Sciences"),
    discovery("Discovery: frailty pathway", 6.0, 4.0).sponsored_by("Ward 5 Frailty"),
    discovery("Business case: medical device integration", 8.0, 5.0),
    discovery("Discovery: community nursing mobile working", 11.0, 5.0)
        .sponsored_by("Community Nursing South"),
    discovery("Business case: imaging network", 13.0, 5.0).sponsored_by("Radiology"),
    discovery("Discovery: digital letters", 16.0, 4.0).sponsored_by("Medical Secretaries"),
    discovery("Business case: replacing Legacy PAS archive", 17.0, 5.0),
    discovery("Discovery: waiting list validation", 19.0, 4.0).sponsored_by("Booking Centre"),
    discovery("Digital strategy refresh: design with departments", 20.0, 5.0),
    foundations("Core network refresh", "infrastructure", 0.0, 9.0),
    foundations("Backup replacement", "infrastructure", 4.0, 7.0),
    foundations("Decommission Windows Server 2012", "legacy", 6.0, 12.0),
    foundations("Wi-Fi refresh", "infrastructure", 9.0, 9.0),
    foundations("Storage replacement", "infrastructure", 12.0, 6.0),
    foundations("Security monitoring improvement after the cyber incident", "security", 9.5, 7.0),
    foundations("Unsupported laboratory devices: isolation", "legacy", 14.0, 7.0),
    foundations("Data centre power resilience", "infrastructure", 17.0, 8.0),
];
