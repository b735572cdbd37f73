//! The filter language that console and command line share.
