//! How large a space may be. The numbers keep every width and count of pixels inside the types
//! they are held in, and every check quick.

/// Blocks of one stage.
pub(super) const STAGE_BLOCKS: u32 = 1_000;
/// Blocks of all rows together.
pub(super) const SPACE_BLOCKS: u32 = 10_000;
/// Candidates of one block.
pub(super) const CANDIDATES: u64 = 4_096;
/// Candidates of all blocks together, at every resolution there is to choose from: each is an edge of a
/// graph and has costs of its own.
pub(super) const SPACE_CANDIDATES: u64 = 500_000;
/// Latency tables: every cost has room for that many.
pub const TABLES: usize = 4;
/// Values of one domain; no domain needs more than a block has candidates.
pub(super) const DOMAIN: u64 = 4_096;
/// Channels of a row.
pub(super) const WIDTH: u32 = 1_000_000;
/// Classes.
pub(super) const CLASSES: u32 = 1_000_000;
/// Primitives of a block of rows.
pub(super) const PRIMITIVES: u64 = 1_000;
/// Parameters of a block of rows.
pub(super) const PARAMETERS: usize = 1_000;
/// Blocks of rows inside of each other.
pub(super) const NESTED: u32 = 64;
/// Candidates and values of all that may stand in blocks and rows, those of named blocks counted wherever
/// they are named: what a check looks at.
pub(super) const BULK: u64 = 3_000_000;
/// What all candidates of all rows keep, each block of a stage's row counted once: their primitives, those that the
/// branches of a `sum` keep for themselves, the parameters of blocks of rows, the terms of numbers, the values that a row
/// reads beyond the first, and every 64 letters of the primitives' names.
pub(super) const KEPT: u64 = 2_000_000;
/// What one network keeps of the same, each block of a stage counted: it is written out.
pub(super) const NETWORK: u64 = 2_000_000;
/// Choices of a space: as many as it can have blocks.
pub(super) const CHOICES: usize = 10_000;
/// Numbers that blocks of rows compute with.
pub(super) const NUMBER: u32 = 1_000_000_000;
/// Side of a kernel.
pub(super) const KERNEL: u32 = 1_001;
/// Stride.
pub(super) const STRIDE: u32 = 1_000;
/// Side of an image.
pub(crate) const RESOLUTION: u32 = 65_536;
/// Resolutions that a path decides among; each has a graph and costs of its own.
pub(super) const RESOLUTIONS: usize = 64;
/// Expansion.
pub(super) const EXPAND: u32 = 1_000;
