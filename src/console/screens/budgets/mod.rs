pub mod words; pub mod order; #[cfg(test)] pub mod samples;
