//! Takes patients and people out of text before anything is stored.
