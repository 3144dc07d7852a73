//! The networks.

pub mod bart_like;

pub use bart_like::BartLike;
