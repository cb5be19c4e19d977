//! How large a space may be. The numbers keep every width and count of pixels inside the types
//! they are held in, and every check quick.

/// Blocks of one stage.
pub(super) const STAGE_BLOCKS: u32 = 1_000;
/// Blocks of all rows together.
pub(super) const SPACE_BLOCKS: u32 = 10_000;
/// Candidates of one block.
pub(super) const CANDIDATES: u64 = 4_096;
/// Values of one domain; no domain needs more than a block has candidates.
pub(super) const DOMAIN: u64 = 4_096;
/// Channels of a row.
pub(super) const WIDTH: u32 = 1_000_000;
/// Classes.
pub(super) const CLASSES: u32 = 1_000_000;
/// Side of a kernel.
pub(super) const KERNEL: u32 = 1_001;
/// Stride.
pub(super) const STRIDE: u32 = 1_000;
/// Side of an image.
pub(super) const RESOLUTION: u32 = 65_536;
/// Resolutions that a path decides among; each has a graph and costs of its own.
pub(super) const RESOLUTIONS: usize = 64;
/// Expansion.
pub(super) const EXPAND: u32 = 1_000;
