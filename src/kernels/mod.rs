//! What candle lacks, or does less exactly than transformers; each with a plain reference beside it.

mod layer_norm;

pub use layer_norm::layer_norm;
