//! Keys in, pictures out.
