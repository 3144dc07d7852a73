//! From translated units to the briefing: projection by tables, one article by hand, and the promises as properties.

mod briefing;
mod projection;
mod properties;
mod summary;
mod support;
mod units;
