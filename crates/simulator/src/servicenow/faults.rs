//! What can go wrong with a real one, on demand.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// One way in which an answer to a table request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 that says after how many seconds to come back.
    TooManyRequests {
        /// The seconds in `Retry-After`.
        seconds: u32,
    },
    /// 429 that names the moment to come back, as an HTTP date.
    TooManyRequestsUntil {
        /// How many seconds from now that moment is.
        seconds: u32,
    },
    /// 500 with ServiceNow's error body.
    ServerError,
    /// 200 with a page in HTML, as from a sign-in page or an instance that hibernates.
    Html,
    /// 200 with JSON that ends in the middle.
    TruncatedJson,
    /// 200 with nothing in it.
    EmptyBody,
    /// No answer, ever.
    Hang,
    /// The query is ignored: all rows come back, in no order that was asked for.
    IgnoredFilter,
    /// 401, as when somebody changed the password.
    Unauthorised,
}

/// The faults still to come. Clones share them, so that a test can add some while the server runs.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: VecDeque<Fault>,
    lasting: Option<Fault>,
}

impl Faults {
    /// The next `count` table requests go wrong in this way, after those already waiting.
    pub fn next(&self, count: usize, fault: Fault) {
        self.lock().next.extend(std::iter::repeat_n(fault, count));
    }

    /// From now on every table request goes wrong in this way, or none does.
    pub fn from_now_on(&self, fault: Option<Fault>) {
        self.lock().lasting = fault;
    }

    pub(crate) fn take(&self) -> Option<Fault> {
        let mut waiting = self.lock();
        waiting.next.pop_front().or(waiting.lasting)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
