//! Who asks: wards, clinical departments and corporate ones, as an acute trust knows them.

/// A department. The weight says how often it asks, which follows its headcount and its hours.
pub(crate) struct Department {
    pub(crate) name: &'static str,
    pub(crate) weight: u16,
    /// Whether people work there round the clock.
    pub(crate) all_hours: bool,
}

const fn clinical(name: &'static str, weight: u16) -> Department {
    Department { name, weight, all_hours: true }
}

const fn office(name: &'static str, weight: u16) -> Department {
    Department { name, weight, all_hours: false }
}

pub(crate) const DEPARTMENTS: &[Department] = &[
    clinical("Emergency Department", 60),
    clinical("Same Day Emergency Care", 18),
    clinical("Acute Medical Unit", 34),
    clinical("Ward 1 Stroke", 18),
    clinical("Ward 2 Respiratory", 18),
    clinical("Ward 3 Cardiology", 18),
    clinical("Ward 4 Gastroenterology", 16),
    clinical("Ward 5 Frailty", 17),
    clinical("Ward 6 Care of the Elderly", 17),
    clinical("Ward 7 Trauma and Orthopaedics", 17),
    clinical("Ward 8 Elective Orthopaedics", 14),
    clinical("Ward 9 General Surgery", 17),
    clinical("Ward 10 Colorectal", 14),
    clinical("Ward 11 Urology", 13),
    clinical("Ward 12 Gynaecology", 13),
    clinical("Ward 14 Haematology and Oncology", 14),
    clinical("Ward 15 Renal", 13),
    clinical("Surgical Assessment Unit", 18),
    clinical("Coronary Care Unit", 12),
    clinical("Intensive Care Unit", 22),
    clinical("High Dependency Unit", 12),
    clinical("Main Theatres", 32),
    clinical("Day Surgery Unit", 16),
    clinical("Paediatrics", 22),
    clinical("Neonatal Unit", 14),
    clinical("Labour Ward", 22),
    clinical("Postnatal Ward", 12),
    office("Antenatal Clinic", 14),
    office("Community Midwifery", 16),
    office("Main Outpatients", 44),
    office("Fracture Clinic", 12),
    office("Eye Clinic", 16),
    office("Endoscopy", 16),
    office("Chemotherapy Day Unit", 12),
    office("Renal Dialysis Unit", 11),
    office("Audiology", 9),
    office("Sexual Health", 10),
    office("Pre-operative Assessment", 12),
    clinical("Radiology", 38),
    clinical("Blood Sciences", 24),
    office("Cellular Pathology", 14),
    clinical("Microbiology", 13),
    office("Phlebotomy", 8),
    clinical("Pharmacy", 30),
    office("Physiotherapy", 17),
    office("Occupational Therapy", 13),
    office("Dietetics", 8),
    office("Speech and Language Therapy", 8),
    office("Community Nursing North", 26),
    office("Community Nursing South", 24),
    clinical("Urgent Community Response", 12),
    clinical("Site and Bed Management", 14),
    office("Medical Records", 18),
    office("Clinical Coding", 12),
    office("Booking Centre", 26),
    office("Medical Secretaries", 34),
    office("Cancer Services", 13),
    office("Medical Education", 14),
    office("Human Resources", 22),
    office("Finance", 24),
    office("Procurement", 12),
    clinical("Estates and Facilities", 20),
    clinical("Security and Portering", 9),
    office("Quality and Governance", 14),
    office("Communications", 8),
    office("Performance and Information", 12),
    office("Trust Headquarters", 14),
    office("Research and Development", 11),
];
