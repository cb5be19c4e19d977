//! The original's index form: a list for each row between the first row and the pool, an index
//! for each block.

use std::fmt;
use std::ops::Range;

use super::Arch;
use crate::ir::{Candidate, Ir, Path, Row};
use crate::space::{AttributeName, AttributeValue, Operator, Setting};

/// Why lists of indices are no architecture of a space. Positions count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoicesError {
    /// The text is not lists of lists of whole numbers.
    Syntax(String),
    /// The space decides something that lists of indices cannot say.
    NoIndexForm {
        /// The space.
        space: String,
    },
    /// Too many lists or too few.
    Lists {
        /// The rows that want one.
        rows: Vec<String>,
        /// Lists given.
        found: usize,
    },
    /// A list of a length that is no depth of its row.
    Depth {
        /// Which list.
        list: usize,
        /// Its row.
        row: String,
        /// Its length.
        found: usize,
        /// The depths of the row.
        allowed: Vec<u32>,
    },
    /// An index past the candidates of its block.
    Index {
        /// Which list.
        list: usize,
        /// Its row.
        row: String,
        /// Which block.
        block: usize,
        /// The index.
        found: u32,
        /// Every candidate, as written in an arch.
        candidates: Vec<String>,
    },
}

impl fmt::Display for ChoicesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChoicesError::Syntax(problem) => write!(
                f,
                "choices are lists of indices like [[0], [3, 1], [0]]: {problem}"
            ),
            ChoicesError::NoIndexForm { space } => write!(
                f,
                "architectures of `{space}` have no index form: it decides more than one list \
                 for each row between the first row and the pool over the whole map can say"
            ),
            ChoicesError::Lists { rows, found } => write!(
                f,
                "{found} lists of choices where {} are wanted, one each for {}",
                rows.len(),
                rows.join(", ")
            ),
            ChoicesError::Depth {
                list,
                row,
                found,
                allowed,
            } => write!(
                f,
                "list {list} (`{row}`) has {found} blocks, `{row}` takes {}",
                one_of(allowed)
            ),
            ChoicesError::Index {
                list,
                row,
                block,
                found,
                candidates,
            } => write!(
                f,
                "list {list} (`{row}`), block {block}: there is no candidate {found}; {}",
                numbered(candidates)
            ),
        }
    }
}

impl std::error::Error for ChoicesError {}

/// `1 to 6` where the values follow each other, else `1, 3 or 5`.
pub(super) fn one_of(values: &[u32]) -> String {
    let words: Vec<String> = values.iter().map(u32::to_string).collect();
    match (values, words.as_slice()) {
        ([first, .., last], _)
            if values.len() > 2 && (*last - *first) as usize == values.len() - 1 =>
        {
            format!("{first} to {last}")
        }
        (_, [most @ .., last]) if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        _ => words.concat(),
    }
}

fn numbered(candidates: &[String]) -> String {
    let numbered = candidates.iter().enumerate();
    let words: Vec<String> = numbered
        .map(|(at, text)| format!("{at} is {text}"))
        .collect();
    words.join(", ")
}

/// Reads `[[0], [3, 1], [0]]`.
///
/// # Errors
/// [`ChoicesError::Syntax`].
pub fn parse_choices(text: &str) -> Result<Vec<Vec<u32>>, ChoicesError> {
    serde_json::from_str(text).map_err(|error| ChoicesError::Syntax(error.to_string()))
}

/// Writes `[[0], [3, 1], [0]]`.
pub fn choices_text(lists: &[Vec<u32>]) -> String {
    format!("{lists:?}")
}

/// An architecture read from lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromChoices {
    /// It; the resolution is the space's where that is fixed.
    pub arch: Arch,
    /// What the user should know: in the original, a stage of one block was not built as written.
    pub warning: Option<String>,
}

/// The architecture that lists of indices mean: one list for each row between the first row and
/// the pool over the whole map, one candidate index for each block. What is written is what is built.
///
/// # Errors
/// When the space has no index form or the lists do not fit it; the position is named.
pub fn from_choices(name: &str, lists: &[Vec<u32>], ir: &Ir) -> Result<FromChoices, ChoicesError> {
    let listed = listed_rows(ir).ok_or_else(|| ChoicesError::NoIndexForm {
        space: ir.space.clone(),
    })?;
    let rows = &ir.rows[listed.clone()];
    if rows.len() != lists.len() {
        return Err(ChoicesError::Lists {
            rows: rows.iter().map(|row| row.name.clone()).collect(),
            found: lists.len(),
        });
    }
    let mut path = Path::new(vec![vec![0]; ir.rows.len()]);
    for (at, (row, list)) in rows.iter().zip(lists).enumerate() {
        path.rows[listed.start + at] = blocks(at + 1, row, list)?;
    }
    for (row, blocks) in ir.rows.iter().zip(&mut path.rows) {
        // Rows without a list have one candidate a block and one depth.
        blocks.resize(blocks.len().max(row.depths[0] as usize), 0);
    }
    Ok(FromChoices {
        arch: Arch {
            name: name.to_owned(),
            resolution: match ir.resolution.value {
                Setting::Fixed(resolution) => Some(resolution),
                Setting::Searched(_) | Setting::Fitted(_) => None,
            },
            path,
        },
        warning: one_block_warning(rows, lists),
    })
}

/// The candidates of one row. Every length is checked before any index.
fn blocks(list: usize, row: &Row, indices: &[u32]) -> Result<Vec<u16>, ChoicesError> {
    if !row
        .depths
        .iter()
        .any(|&depth| depth as usize == indices.len())
    {
        return Err(ChoicesError::Depth {
            list,
            row: row.name.clone(),
            found: indices.len(),
            allowed: row.depths.clone(),
        });
    }
    indices
        .iter()
        .zip(&row.slots)
        .enumerate()
        .map(|(block, (&index, slot))| {
            let fits = (index as usize) < slot.candidates.len();
            let narrow = u16::try_from(index).ok().filter(|_| fits);
            narrow.ok_or_else(|| ChoicesError::Index {
                list,
                row: row.name.clone(),
                block: block + 1,
                found: index,
                candidates: (0..slot.candidates.len()).map(|at| slot.text(at)).collect(),
            })
        })
        .collect()
}

/// Whether archs of a space have an index form.
pub fn has_index_form(ir: &Ir) -> bool {
    listed_rows(ir).is_some()
}

impl Arch {
    /// The index form; `None` where the space decides more than it can say.
    ///
    /// # Panics
    /// When the arch is not one of this space.
    pub fn choices(&self, ir: &Ir) -> Option<Vec<Vec<u32>>> {
        let rows = &self.path.rows[listed_rows(ir)?];
        let widen = |blocks: &Vec<u16>| blocks.iter().copied().map(u32::from).collect();
        Some(rows.iter().map(widen).collect())
    }
}

/// The rows that have a list: after the first row, before the first pool over the whole map.
/// `None` without such a pool, where a row without a list decides something, where blocks share
/// a decision, and where widths or the resolution are searched.
fn listed_rows(ir: &Ir) -> Option<Range<usize>> {
    if !ir.choices.is_empty() || matches!(ir.resolution.value, Setting::Searched(_)) {
        return None;
    }
    let pool = ir.rows.iter().position(is_global_pool)?;
    let listed = 1..pool;
    let unlisted = |at: &usize| !listed.contains(at);
    let open = (0..ir.rows.len())
        .filter(unlisted)
        .any(|at| ir.rows[at].decides());
    (pool > 0 && !open).then_some(listed)
}

fn is_global_pool(row: &Row) -> bool {
    let pools = |candidate: &Candidate| matches!(candidate.ops.as_slice(), [op] if op.primitive.is_global_pool());
    row.slots
        .iter()
        .any(|slot| slot.candidates.iter().any(pools))
}

/// What the original builds in a stage of one block whatever the list says, stage by stage.
const ONE_BLOCK_DEFAULTS: [u32; 5] = [0, 2, 1, 1, 3];

/// The original's space has five stages of its six candidates; there a list of one block is not
/// what the original would have built. Other spaces were never its.
fn one_block_warning(rows: &[Row], lists: &[Vec<u32>]) -> Option<String> {
    let stages: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].is_stage).collect();
    let original = stages.iter().all(|&at| has_original_candidates(&rows[at]));
    if stages.len() != ONE_BLOCK_DEFAULTS.len() || !original {
        return None;
    }
    let mut built = lists.to_vec();
    for (&at, default) in stages.iter().zip(ONE_BLOCK_DEFAULTS) {
        if let [only] = built[at].as_mut_slice() {
            *only = default;
        }
    }
    (built != lists).then(|| {
        format!(
            "the original ignores the choice of a stage's only block; it would have built {}, \
             here the lists are built as written",
            choices_text(&built)
        )
    })
}

/// k3e4, k3e6, k5e4, k5e6, k7e4, k7e6.
fn has_original_candidates(row: &Row) -> bool {
    let expected: Vec<(u32, u64)> = [3, 5, 7]
        .into_iter()
        .flat_map(|kernel| [(kernel, 4), (kernel, 6)])
        .collect();
    row.slots.iter().all(|slot| {
        let found: Option<Vec<_>> = slot.candidates.iter().map(kernel_and_expansion).collect();
        found.as_ref() == Some(&expected)
    })
}

fn kernel_and_expansion(candidate: &Candidate) -> Option<(u32, u64)> {
    let kernel = candidate.value(AttributeName::Kernel)?;
    let expand = candidate.value(AttributeName::Expand)?;
    match (candidate.operator, kernel, expand) {
        (Operator::Ir, AttributeValue::Integer(kernel), AttributeValue::Ratio(expand)) => {
            (expand.denominator == 1).then_some((kernel, expand.numerator))
        }
        _ => None,
    }
}
