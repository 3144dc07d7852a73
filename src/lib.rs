//! Mujaz (موجز) reads folders of Arabic news articles and writes English briefings: a translation, a bilingual
//! summary, and every quote with its speaker.
//!
//! ```text
//! files ─► article::ingest ─► Article ─► article::sentences ─► quotes::extract ─┐
//!                                                                               ▼
//!          translate::units: sentences, titles, the marked words alone, speakers
//!                                                                               ▼
//!          translate::store (each distinct unit once) ─► Translator (llm, later seq2seq)
//!                                                                               ▼
//!          project (Arabic span ─► English span) ─► summarize ─► verify ─► brief ─► render ─► atomic write
//! ```
//! [`pipeline`] is that picture in code: the one file in which a reader sees where an article goes next.

pub mod article;
pub mod batch;
pub mod border;
pub mod brief;
pub mod checkpoint;
pub mod cli;
pub mod hub;
pub mod kernels;
pub mod ledger;
pub mod llm;
pub mod pipeline;
pub mod project;
pub mod quotes;
pub mod render;
pub mod seq2seq;
pub mod summarize;
pub mod tokenizer;
pub mod translate;
pub mod verify;

#[cfg(test)]
mod schemas;
