//! Widths along the rows, and whether every operator can stand where it does.

use std::collections::BTreeMap;

use super::check::{Checker, Draft, DraftWidth, Input, Tally, block_count, kept, largest};
use super::report::{self, Ending, SkipPlace};
use super::{
    Alternative, Attribute, AttributeName, AttributeValue, Block, Operator, Row, Setting, Width,
    limits, recipe,
};
use crate::source::{Span, Spanned};
use crate::syntax::ast;

/// What the image has become at some row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A map with height and width.
    Map,
    /// One pixel, after the pool over the whole map.
    Pooled,
    /// One number a class or feature, after `linear`.
    Flat,
}

/// What is known on the way through the rows; `None` after an error.
struct Flow {
    width: Option<Width>,
    /// Side of the map at the largest resolution.
    side: Option<u32>,
    form: Form,
    /// Whether a row was wrong, so that `form` is a guess.
    is_unsure: bool,
    blocks: u64,
    /// Resolutions to choose from.
    sides: u64,
    /// Candidates of all blocks up to here, at every resolution.
    candidates: Tally,
    /// What all candidates up to here keep.
    kept: Tally,
    /// What the largest network keeps up to here.
    network: Tally,
    skips: Vec<SkipPlace>,
}

/// What a block comes to that stands once or several times in a row.
struct Counted {
    /// Candidates of all times.
    candidates: u64,
    /// What these keep; the times share it.
    kept: u64,
    /// What the largest of them keep that one network has.
    network: u64,
}

/// One block at its place: widths and stride, as far as they are known.
#[derive(Clone, Copy)]
struct Place<'r> {
    row: &'r ast::Row,
    in_channels: Option<u32>,
    out_channels: Option<u32>,
    /// The span covers `channels = …`, or the row's name.
    width_span: Span,
    stride: Option<Spanned<u32>>,
    side: Option<u32>,
}

/// Follows the width through all rows; `None` when something is wrong on the way.
pub(super) fn flow(
    checker: &mut Checker,
    drafts: &[Draft],
    input: Option<&Input>,
) -> Option<Vec<Row>> {
    let mut flow = Flow::new(input);
    let rows: Vec<Option<Row>> = drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| flow.row(checker, draft, at, at + 1 == drafts.len()))
        .collect();
    for place in std::mem::take(&mut flow.skips) {
        checker
            .found
            .push(report::skip_changes_shape(checker.sources, &place));
    }
    rows.into_iter().collect()
}

impl Flow {
    fn new(input: Option<&Input>) -> Flow {
        let channels = input.and_then(|input| input.channels);
        let resolution = input.and_then(|input| input.resolution.as_ref());
        Flow {
            width: channels.map(|channels| Width::fixed(channels.value)),
            side: resolution.and_then(|side| side.value.values().iter().copied().max()),
            form: Form::Map,
            is_unsure: false,
            blocks: 0,
            sides: resolution.map_or(1, |side| side.value.values().len() as u64),
            candidates: Tally::new(limits::SPACE_CANDIDATES),
            kept: Tally::new(limits::KEPT),
            network: Tally::new(limits::NETWORK),
            skips: Vec::new(),
        }
    }

    fn row(
        &mut self,
        checker: &mut Checker,
        draft: &Draft,
        at: usize,
        is_last: bool,
    ) -> Option<Row> {
        let in_channels = self.width.clone();
        let out_channels = out_width(&draft.width, at, in_channels.as_ref());
        let first = Place {
            row: draft.row,
            in_channels: None,
            out_channels: None,
            width_span: width_span(draft),
            stride: draft.stride,
            side: self.side,
        };
        let rest = first.later();
        let widths = [in_channels.as_ref(), out_channels.as_ref()];
        let later = u64::from(deepest(draft)) - 1;
        let fits = self.check_widths(checker, draft.first.as_ref(), (first, 1), widths);
        if later > 0 && fits {
            let widths = [widths[1]; 2];
            self.check_widths(checker, draft.rest.as_ref(), (rest, later), widths);
        }
        let before = self.form;
        self.check_order(checker, draft);
        match is_last {
            true if self.is_unsure => {}
            true => check_last(checker, draft, [before, self.form]),
            false => check_not_last(checker, draft),
        }
        self.count_blocks(checker, draft)?;
        self.width = out_channels.clone();
        self.side = rest.side;
        Some(Row {
            name: draft.row.name.clone(),
            is_stage: draft.row.kind == ast::RowKind::Stage,
            blocks: blocks(draft)?,
            in_channels: in_channels?,
            out_channels: Spanned::new(out_channels?, width_span(draft)),
            stride: draft.stride?.value,
            depth: draft.depth.clone()?,
            was_open: false,
            span: draft.row.span,
        })
    }

    /// Looks at a block that stands `times` times in its row, with every combination of its widths, which
    /// are not too many with its candidates.
    fn check_widths(
        &mut self,
        checker: &mut Checker,
        block: Option<&Block>,
        (place, times): (Place, u64),
        widths: [Option<&Width>; 2],
    ) -> bool {
        let Some(block) = block else { return true };
        let [Some(input), Some(output)] = widths else {
            let fixed = widths.map(|width| width.filter(|width| width.decided_by.is_none()));
            let [in_channels, out_channels] = fixed.map(|width| width.map(Width::largest));
            let place = Place {
                in_channels,
                out_channels,
                ..place
            };
            self.check_block(checker, block, place);
            return true;
        };
        let most = limits::CANDIDATES;
        let candidates = block_count(block);
        let combined = combinations(input, output).saturating_mul(candidates);
        if combined > most && candidates <= most {
            let problem =
                report::too_many_widths([candidates, combined], block.span, place.width_span);
            checker.found.push(problem);
            return false;
        }
        let counted = Counted {
            candidates: combined.saturating_mul(times),
            kept: combinations(input, output).saturating_mul(kept(block)),
            network: largest(block).saturating_mul(times),
        };
        if self.count(checker, place.row, counted).is_none() {
            return false;
        }
        for (one, other) in Width::pairs(input, output) {
            let place = Place {
                in_channels: Some(input.values[one]),
                out_channels: Some(output.values[other]),
                ..place
            };
            self.check_block(checker, block, place);
        }
        true
    }

    /// Counts what blocks come to that stand in a row; `None` where it is too much, with all before it.
    fn count(&mut self, checker: &mut Checker, row: &ast::Row, more: Counted) -> Option<()> {
        let (found, sides) = (&mut checker.found, self.sides);
        let candidates = more.candidates.saturating_mul(sides);
        self.candidates.add(candidates, |count| {
            found.push(report::too_many_in_all(row, count, sides));
        })?;
        self.kept.add(more.kept, |size| {
            found.push(report::too_much_kept(row, size));
        })?;
        self.network.add(more.network, |size| {
            found.push(report::network_too_large(row, size));
        })
    }

    fn check_block(&mut self, checker: &mut Checker, block: &Block, place: Place) {
        for alternative in block.alternatives.iter() {
            if alternative.operator == Operator::Zero {
                checker
                    .found
                    .push(report::zero_alone(alternative, place.row));
            }
            self.check_alternative(checker, block, alternative, place);
            check_alone(checker, block, alternative, place);
        }
    }

    /// A branch of `sum` takes what goes in and makes what comes out of the block.
    fn check_branch(&mut self, checker: &mut Checker, branch: &Block, place: Place) {
        for alternative in branch.alternatives.iter() {
            match needs_layer(alternative) {
                true => checker
                    .found
                    .push(report::not_a_branch(alternative, place.row)),
                false => self.check_alternative(checker, branch, alternative, place),
            }
        }
    }

    fn check_alternative(
        &mut self,
        checker: &mut Checker,
        block: &Block,
        alternative: &Alternative,
        place: Place,
    ) {
        match alternative.operator {
            Operator::Skip => self.check_skip(block, alternative, place),
            Operator::Conv => check_groups(checker, alternative, place),
            Operator::Shuffle | Operator::Xception => check_shuffle(checker, alternative, place),
            Operator::Dw | Operator::AvgPool | Operator::MaxPool => {
                check_width_stays(checker, alternative, place);
            }
            Operator::Own(_) => check_recipe(checker, alternative, place),
            Operator::Ds
            | Operator::Ir
            | Operator::Er
            | Operator::Bottleneck
            | Operator::Linear
            | Operator::Zero => {}
            Operator::Sum => {
                for branch in &alternative.branches {
                    self.check_branch(checker, branch, place);
                }
            }
        }
        check_kernel(checker, alternative, place);
    }

    /// Rows whose shape changes under the same `skip` are one mistake: they are gathered.
    fn check_skip(&mut self, block: &Block, skip: &Alternative, place: Place) {
        let widths = place.changed_width();
        let stride = place.stride.filter(|stride| stride.value != 1);
        if widths.is_none() && stride.is_none() {
            return;
        }
        let known = self.skips.iter_mut().find(|known| known.skip == skip.span);
        let name = &place.row.name.value;
        match known {
            // Another of its widths.
            Some(known) if known.others.last().unwrap_or(&known.row.name.value) == name => {}
            Some(known) => known.others.push(name.clone()),
            None => self.skips.push(SkipPlace {
                skip: skip.span,
                op: block.span,
                is_whole_op: block.alternatives.len() == 1,
                row: place.row.clone(),
                widths: widths.map(|widths| (widths, place.width_span)),
                stride,
                others: Vec::new(),
            }),
        }
    }

    /// Maps, then the pool, then `linear`.
    fn check_order(&mut self, checker: &mut Checker, draft: &Draft) {
        let Some(operator) = draft.first.as_ref().and_then(sole) else {
            let mut alternatives = draft
                .first
                .iter()
                .flat_map(|block| block.alternatives.iter());
            self.is_unsure |= draft.first.is_none() || alternatives.any(needs_layer);
            self.check_not_flat(checker, draft);
            return;
        };
        match operator.operator {
            Operator::Linear => {
                if self.form == Form::Map && !self.is_unsure {
                    let pool = checker.free_name("pool");
                    let problem = report::linear_before_pool(draft.row, operator.span, &pool);
                    checker.found.push(problem);
                }
                self.form = Form::Flat;
            }
            _ if is_global(operator) => {
                self.check_not_flat(checker, draft);
                self.form = Form::Pooled;
                self.side = Some(1);
            }
            _ => self.check_not_flat(checker, draft),
        }
    }

    fn check_not_flat(&mut self, checker: &mut Checker, draft: &Draft) {
        if self.form == Form::Flat && draft.first.is_some() {
            checker.found.push(report::after_linear(draft.row));
            // One message, however many rows follow.
            self.form = Form::Pooled;
            self.is_unsure = true;
        }
    }

    fn count_blocks(&mut self, checker: &mut Checker, draft: &Draft) -> Option<()> {
        let (before, deepest) = (self.blocks, u64::from(deepest(draft)));
        self.blocks += deepest;
        let most = u64::from(limits::SPACE_BLOCKS);
        match before <= most && self.blocks > most {
            true => checker.wrong(report::too_many_blocks(draft.row, self.blocks)),
            false => Some(()),
        }
    }
}

impl<'r> Place<'r> {
    /// The place of all later blocks of the row, widths left aside.
    fn later(self) -> Place<'r> {
        let stride = self.stride.map(|stride| stride.value);
        Place {
            stride: self.stride.map(|stride| stride.map(|_| 1)),
            side: self
                .side
                .zip(stride)
                .map(|(side, stride)| side.div_ceil(stride)),
            ..self
        }
    }

    /// Both widths, where they are known and differ.
    fn changed_width(self) -> Option<(u32, u32)> {
        let widths = self.in_channels.zip(self.out_channels);
        widths.filter(|(input, output)| input != output)
    }
}

/// What a row's output is wide, where `row` is its index and `input` what goes in.
fn out_width(width: &DraftWidth, row: usize, input: Option<&Width>) -> Option<Width> {
    match width {
        DraftWidth::Same => input.cloned(),
        DraftWidth::Number(width) => Some(Width::fixed(width.value)),
        DraftWidth::Searched(domain) => Some(Width {
            values: domain.value.values().to_vec(),
            decided_by: Some(row),
        }),
        DraftWidth::Classes(classes) => classes.value.map(Width::fixed),
        DraftWidth::Unknown => None,
    }
}

fn width_span(draft: &Draft) -> Span {
    match &draft.width {
        DraftWidth::Number(width) => width.span,
        DraftWidth::Searched(domain) => domain.span,
        DraftWidth::Classes(classes) => classes.span,
        DraftWidth::Same | DraftWidth::Unknown => draft.row.name.span,
    }
}

/// How many pairs of values two widths have together.
fn combinations(input: &Width, output: &Width) -> u64 {
    let [inputs, outputs] = [input, output].map(|width| width.values.len() as u64);
    match input.decided_by.is_some() && input.decided_by == output.decided_by {
        true => inputs,
        false => inputs * outputs,
    }
}

/// The largest depth; 1 where it is wrong.
fn deepest(draft: &Draft) -> u32 {
    let depth = draft.depth.as_ref().map(|depth| depth.value.values());
    depth
        .and_then(|values| values.iter().copied().max())
        .unwrap_or(1)
}

/// The alternative of a block that has only one.
fn sole(block: &Block) -> Option<&Alternative> {
    match &*block.alternatives {
        [alternative] => Some(alternative),
        _ => None,
    }
}

fn setting(
    alternative: &Alternative,
    name: AttributeName,
) -> Option<(&Setting<AttributeValue>, Span)> {
    let attribute = alternative
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)?;
    Some((&attribute.setting, attribute.span))
}

fn integers(setting: &Setting<AttributeValue>) -> impl Iterator<Item = u32> {
    setting.values().iter().filter_map(|value| match value {
        AttributeValue::Integer(value) => Some(*value),
        _ => None,
    })
}

/// Whether it changes the form of what flows, so that it cannot be one of several.
fn needs_layer(alternative: &Alternative) -> bool {
    alternative.operator == Operator::Linear || is_global(alternative)
}

/// Whether a block is one operator that can be in a layer only.
pub(super) fn stands_alone(block: &Block) -> bool {
    sole(block).is_some_and(needs_layer)
}

/// A pool over the whole map.
fn is_global(alternative: &Alternative) -> bool {
    let kernel = setting(alternative, AttributeName::Kernel);
    let is_whole = kernel.is_some_and(|(kernel, _)| integers(kernel).any(|side| side == 0));
    alternative.operator.is_pool() && is_whole
}

fn check_groups(checker: &mut Checker, conv: &Alternative, place: Place) {
    let Some((groups, span)) = setting(conv, AttributeName::Groups) else {
        return;
    };
    let widths = [place.in_channels, place.out_channels];
    let wrong = integers(groups).find_map(|groups| {
        let width = widths
            .into_iter()
            .flatten()
            .find(|width| width % groups != 0);
        width.map(|width| (groups, width))
    });
    if let Some((groups, width)) = wrong {
        let is_input = place.in_channels == Some(width);
        let problem = report::groups_do_not_divide(groups, width, is_input, span, place.width_span);
        checker.found.push(problem);
    }
}

fn check_width_stays(checker: &mut Checker, alternative: &Alternative, place: Place) {
    if let Some(widths) = place.changed_width() {
        let problem = report::width_stays(alternative, widths, place.width_span);
        checker.found.push(problem);
    }
}

/// A unit that keeps the shape works on half of the channels; any other keeps its input and adds
/// channels to it.
fn check_shuffle(checker: &mut Checker, shuffle: &Alternative, place: Place) {
    let known = (place.in_channels, place.out_channels, place.stride);
    let (Some(input), Some(output), Some(stride)) = known else {
        return;
    };
    let keeps_shape = input == output && stride.value == 1;
    let problem = match keeps_shape {
        true if input % 2 == 1 => report::shuffle_odd(shuffle, input, place.width_span),
        false if output <= input => {
            report::shuffle_shrinks(shuffle, (input, output), place.width_span)
        }
        _ => return,
    };
    checker.found.push(problem);
}

/// Every candidate of a block of rows, until one cannot stand in its place.
fn check_recipe(checker: &mut Checker, alternative: &Alternative, place: Place) {
    let known = (place.in_channels, place.out_channels, place.stride);
    let (Some(in_channels), Some(out_channels), Some(stride), Some(recipe)) =
        (known.0, known.1, known.2, &alternative.recipe)
    else {
        return;
    };
    let at = recipe::Place {
        in_channels,
        out_channels,
        stride: stride.value,
    };
    for picked in picks(&alternative.attributes) {
        if let Err(problem) = recipe::settle(recipe, &picked, at) {
            let names = recipe.names().zip(picked);
            let used = report::Use {
                name: &recipe.name.value,
                span: alternative.span,
                values: names.collect(),
                place: at,
                row: place.row,
            };
            checker
                .found
                .push(report::row_cannot_stand(&problem, &used));
            return;
        }
    }
}

/// Every way to pick a value for each attribute in which those that follow one choice agree.
fn picks(attributes: &[Attribute]) -> Vec<Vec<AttributeValue>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    let mut followers: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, attribute) in attributes.iter().enumerate() {
        let twin = attribute.choice.and_then(|choice| {
            let first = *followers.entry(choice).or_insert(at);
            (first != at).then_some(first)
        });
        let values = attribute.setting.values().len();
        match (twin, values) {
            // Without copies: there can be a thousand of these.
            (Some(twin), _) => all.iter_mut().for_each(|picked| picked.push(picked[twin])),
            (None, 1) => all.iter_mut().for_each(|picked| picked.push(0)),
            (None, _) => {
                let with = |picked: &Vec<usize>, value: usize| [picked, &[value][..]].concat();
                all = all
                    .iter()
                    .flat_map(|picked| (0..values).map(move |value| with(picked, value)))
                    .collect();
            }
        }
    }
    let value = |(attribute, &at): (&Attribute, &usize)| attribute.setting.values()[at];
    let picked = all.iter();
    picked
        .map(|picked| attributes.iter().zip(picked).map(value).collect())
        .collect()
}

/// A pool over the whole map and `linear` have a layer to themselves, without stride.
fn check_alone(checker: &mut Checker, block: &Block, alternative: &Alternative, place: Place) {
    if !needs_layer(alternative) {
        return;
    }
    if sole(block).is_none() {
        checker
            .found
            .push(report::stands_alone(alternative, place.row));
    } else if place.row.kind == ast::RowKind::Stage {
        checker
            .found
            .push(report::layer_only(alternative, place.row));
    } else if let Some(stride) = place.stride.filter(|stride| stride.value != 1) {
        checker
            .found
            .push(report::no_stride(alternative, stride.span));
    }
}

/// A kernel of side `2n + 1` or more on a map of side `n` has weights that only ever meet padding.
fn check_kernel(checker: &mut Checker, alternative: &Alternative, place: Place) {
    let kernel = setting(alternative, AttributeName::Kernel);
    let (Some((kernel, span)), Some(side)) = (kernel, place.side) else {
        return;
    };
    let largest = integers(kernel).max().unwrap_or(0);
    if u64::from(largest) > 2 * u64::from(side) {
        let problem = report::kernel_exceeds_map(largest, side, span, place.row);
        checker.found.push(problem);
    }
}

/// Only the last row gives one number a class.
fn check_not_last(checker: &mut Checker, draft: &Draft) {
    if let (Some(_), DraftWidth::Classes(width)) = (&draft.first, &draft.width) {
        checker
            .found
            .push(report::classes_too_early(draft.row, width.span));
    }
}

/// The last row gives one number a class; `forms` are those before and behind it.
fn check_last(checker: &mut Checker, draft: &Draft, forms: [Form; 2]) {
    let Some(first) = &draft.first else { return };
    let is_linear = sole(first).is_some_and(|first| first.operator == Operator::Linear);
    if !is_linear {
        let ending = ending(checker, draft, forms);
        let problem = report::last_is_not_linear(draft.row, &ending);
        return checker.found.push(problem);
    }
    match &draft.width {
        DraftWidth::Same => checker.found.push(report::classes_missing(draft.row)),
        DraftWidth::Number(width) => check_class_count(checker, *width),
        DraftWidth::Searched(domain) => {
            checker.found.push(report::classes_searched(domain.span));
        }
        DraftWidth::Classes(_) | DraftWidth::Unknown => {}
    }
}

/// The rows that would end the space: in place of a row that has the width of the output, else behind it.
fn ending(checker: &Checker, draft: &Draft, [before, behind]: [Form; 2]) -> Ending {
    let is_pool = draft.first.as_ref().is_some_and(stands_alone);
    let is_instead = matches!(draft.width, DraftWidth::Classes(_)) && !is_pool;
    let form = if is_instead { before } else { behind };
    Ending {
        pool: (form == Form::Map).then(|| checker.free_name("pool")),
        last: match is_instead {
            true => draft.row.name.value.clone(),
            false => checker.free_name("logits"),
        },
        is_instead,
    }
}

/// A number instead of `classes` must be the same number.
fn check_class_count(checker: &mut Checker, width: Spanned<u32>) {
    if let Some(classes) = checker
        .class_count()
        .filter(|&classes| classes != width.value)
    {
        checker
            .found
            .push(report::wrong_class_count(width, classes));
    }
}

/// One block, or two where the later ones are written behind `then`.
fn blocks(draft: &Draft) -> Option<Vec<Block>> {
    let (first, rest) = (draft.first.clone()?, draft.rest.clone()?);
    Some(match draft.row.then {
        Some(_) => vec![first, rest],
        None => vec![first],
    })
}
