//! What candle lacks, or does less exactly than transformers; each with a plain reference beside it.

mod layer_norm;
mod rms_norm;
mod rows;

pub use layer_norm::layer_norm;
pub use rms_norm::rms_norm;
