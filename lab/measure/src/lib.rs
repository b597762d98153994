//! What `vqz eval` and `vqz compare` do: photos by vqz and by other codecs, from files that are written, read back, decoded and scored.
//!
//! | what | file |
//! |---|---|
//! | the two commands | `command` |
//! | the codecs, and the settings that are measured | `codec`, `setup` |
//! | a photo by a codec at a setting: file, time, memory, scores | `point`, `clock`, `memory`, `metric`, `pixels`, `pinned` |
//! | all photos, several points at a time, none twice, within the memory there is | `run`, `slot`, `workers`, `gate`, `cache` |
//! | files of equal size, their pictures and worst regions | `matched`, `show`, `worst` |
//! | means, and bits for equal quality | `curve` |
//! | whether every step of the quality dial counts | `dial` |
//! | what comes out | `report`, `out` |
//! | what the program that runs this does for it | `host` |

mod cache;
mod clock;
mod codec;
mod command;
mod curve;
mod dial;
mod gate;
mod host;
mod matched;
mod memory;
mod metric;
mod out;
mod pinned;
mod pixels;
mod point;
mod report;
mod run;
mod setup;
mod show;
mod slot;
mod workers;
mod worst;

pub use codec::{CodecName, Origin, Shelf};
pub use command::{compare, evaluate, Codecs, Compare, Done, Evaluate};
pub use curve::anchor::{Anchor, Curve};
pub use host::Host;
pub use matched::Size;
pub use memory::{measure_memory, COMMAND as MEMORY_COMMAND};
pub use metric::Scale;
pub use out::evaluation::Evaluation;
pub use setup::Asked;
