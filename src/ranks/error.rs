//! Why ranks end.

use creamc_torch::TorchError;

/// Why the ranks do not go on together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RanksError {
    /// The launcher's environment is wrong.
    #[error("{0}")]
    Environment(String),
    /// Ranks could not be started.
    #[error("{0}")]
    Launch(String),
    /// The user stopped it before all had come.
    #[error("stopped before all ranks had come; nothing was begun")]
    Interrupted,
    /// Not all came, or not the right ones.
    #[error("{0}")]
    Join(String),
    /// One ended, or answers no more.
    #[error("{what} (this is rank {rank} of {world}; libtorch said: {reason})")]
    Lost {
        /// This rank.
        rank: usize,
        /// All ranks.
        world: usize,
        /// Who, as far as it is known.
        what: String,
        /// What libtorch said.
        reason: String,
    },
    /// Libtorch refused on this rank, without another one's doing.
    #[error(transparent)]
    Torch(TorchError),
    /// One was started with something else than the first.
    #[error(
        "rank {rank} has `{own}` where rank 0 has `{first}`: start all ranks with the same command, settings and files"
    )]
    Unlike {
        /// This rank.
        rank: usize,
        /// A line of what it has.
        own: String,
        /// The same line on rank 0.
        first: String,
    },
    /// What must be equal on all ranks is not.
    #[error(
        "{what} is not the same on all ranks: {who} differs from {most}. Do all machines run the same binary on the same kind of \
         device, with the same files?"
    )]
    Apart {
        /// What.
        what: String,
        /// The first rank that differs from most, with its machine and process.
        who: String,
        /// Those that are equal.
        most: String,
    },
}
