//! From texts to blocks: each string by itself, then widths from one to the next.

use super::option::Options;
use super::word::{Word, words};
use super::{Blocks, TYPES, report};
use crate::diagnostic::Diagnostic;
use crate::quantity::Ratio;
use crate::source::FileId;
use crate::space::Operator;

/// The largest numbers that are read.
const MOST_BLOCKS: u32 = 1_000;
const WIDEST: u32 = 1 << 20;
const LARGEST: u32 = 255;

/// The blocks of all strings in some texts, one after the other; `channels` come into the first.
///
/// A stride is that of the first block of its string. `se` is a share of the expanded width, as timm's
/// MobileNetV3 and the code of Cream have it.
///
/// # Errors
/// One message for every string that says what the language cannot say.
pub fn read(texts: &[(FileId, &str)], channels: u32) -> Result<Vec<Blocks>, Vec<Diagnostic>> {
    let (mut blocks, mut found) = (Vec::new(), Vec::new());
    // Where a string could not be read, the width behind it is not known.
    let mut width = Some(channels);
    for &(file, text) in texts {
        let (words, strays) = words(file, text);
        for word in words {
            match one(word, width) {
                Ok(read) => {
                    width = Some(read.channels);
                    blocks.push(read);
                }
                Err(fault) => {
                    width = None;
                    found.push(fault);
                }
            }
        }
        found.extend(strays);
    }
    match found.is_empty() {
        true => Ok(blocks),
        false => Err(found),
    }
}

/// One string; `width` comes in.
fn one(word: Word<'_>, width: Option<u32>) -> Result<Blocks, Diagnostic> {
    let mut parts = word.parts();
    let kind = parts.next().expect("there is text before the first `_`");
    let operator = TYPES.iter().find(|(word, _)| *word == kind.text);
    let Some(&(_, operator)) = operator else {
        return Err(report::unknown_type(kind));
    };
    let mut options = Options::read(word, parts)?;
    let blocks = Blocks {
        operator,
        repeat: options.whole("r", (1, MOST_BLOCKS))?.0,
        kernel: kernel(&mut options)?,
        stride: options.whole("s", (1, LARGEST))?.0,
        channels: channels(&mut options)?,
        expand: expand(&mut options, operator)?,
        se: se(&mut options, operator)?,
        act: options.act(),
    };
    // Kernels of the 1×1 convolutions, written where they are what they are without a word.
    for key in ["a", "p"] {
        if let Some((kernel, word)) = options.ratio(key, (0, LARGEST))?
            && (kernel != Ratio::whole(1) || operator == Operator::Conv)
        {
            return Err(report::cannot_say(word));
        }
    }
    residual(&mut options, &blocks, width)?;
    forced_width(&mut options, &blocks, width)?;
    options.finish()?;
    Ok(blocks)
}

fn kernel(options: &mut Options<'_>) -> Result<u32, Diagnostic> {
    let (kernel, word) = options.whole("k", (1, LARGEST))?;
    match kernel % 2 {
        1 => Ok(kernel),
        _ => Err(report::even(word)),
    }
}

/// timm rounds widths to multiples of 8.
fn channels(options: &mut Options<'_>) -> Result<u32, Diagnostic> {
    let (channels, word) = options.whole("c", (1, WIDEST))?;
    match channels % 8 {
        0 => Ok(channels),
        _ => Err(report::no_multiple(word)),
    }
}

fn expand(options: &mut Options<'_>, operator: Operator) -> Result<Ratio, Diagnostic> {
    let written = options.ratio("e", (1, LARGEST))?;
    match (operator, written) {
        (Operator::Ir | Operator::Er, Some((expand, _))) => Ok(expand),
        (Operator::Ir | Operator::Er, None) => Err(options.missing("e")),
        (_, Some((expand, word))) if expand != Ratio::whole(1) => {
            Err(report::no_expansion(operator, word))
        }
        _ => Ok(Ratio::whole(1)),
    }
}

fn se(options: &mut Options<'_>, operator: Operator) -> Result<Ratio, Diagnostic> {
    match options.ratio("se", (0, 1))? {
        Some((_, word)) if operator == Operator::Conv => Err(report::cannot_say(word)),
        Some((se, _)) => Ok(se),
        None => Ok(Ratio::whole(0)),
    }
}

/// The language adds the input wherever shapes allow it, but for `conv`, where it never does.
fn residual(
    options: &mut Options<'_>,
    blocks: &Blocks,
    width: Option<u32>,
) -> Result<(), Diagnostic> {
    let (none, wanted) = (options.flag("noskip"), options.flag("skip"));
    let keeps_shape = blocks.repeat > 1 || blocks.stride == 1 && width == Some(blocks.channels);
    let differs = match blocks.operator {
        Operator::Conv => wanted,
        _ => none,
    };
    match differs.filter(|_| keeps_shape) {
        Some(word) => Err(report::residual(word, blocks.operator)),
        None => Ok(()),
    }
}

/// `er` may expand another width than comes in.
fn forced_width(
    options: &mut Options<'_>,
    blocks: &Blocks,
    width: Option<u32>,
) -> Result<(), Diagnostic> {
    let Some((forced, word)) = options.ratio("fc", (0, WIDEST))? else {
        return Ok(());
    };
    let same = |width: u32| forced == Ratio::whole(width.into());
    // Without a width that is known the string before is at fault already.
    let is_first_same = width.is_none_or(same);
    let are_later_same = blocks.repeat == 1 || same(blocks.channels);
    match same(0) || blocks.operator == Operator::Er && is_first_same && are_later_same {
        true => Ok(()),
        false => Err(report::cannot_say(word)),
    }
}
