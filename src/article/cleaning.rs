//! cleaning
