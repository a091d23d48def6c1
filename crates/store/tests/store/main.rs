//! The store as others see it, on both databases.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod adoption_properties;
#[cfg(test)]
mod common;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod inheritance;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod rule_drafts;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod sample_audit;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod tags;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod whole;
#[cfg(test)]
mod workbench;
#[cfg(test)]
mod worth;
