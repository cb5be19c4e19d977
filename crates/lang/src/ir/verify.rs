//! What every lowered space promises, checked.

use std::collections::BTreeSet;

use super::{Candidate, Input, Ir, Op, Primitive, Row, RowWidth, Shared, Slot};

impl Ir {
    /// Checks what the other passes rely on.
    ///
    /// # Errors
    /// The first promise that is broken, in words for a maintainer.
    pub fn verify(&self) -> Result<(), String> {
        let mut before = RowWidth::Fixed(self.input_channels);
        let mut width = self.input_channels;
        for row in &self.rows {
            verify_row(row).map_err(|broken| format!("row `{}`: {broken}", row.name))?;
            for (block, slot) in row.slots.iter().enumerate() {
                let place = |broken| format!("row `{}`, block {block}: {broken}", row.name);
                verify_slot(slot, width).map_err(place)?;
                self.verify_widths(slot, [before, row.width])
                    .map_err(place)?;
                width = slot.out_channels;
                before = row.width;
            }
        }
        Ok(())
    }

    /// That every candidate is as wide as the choices it follows say.
    fn verify_widths(&self, slot: &Slot, widths: [RowWidth; 2]) -> Result<(), String> {
        for (at, candidate) in slot.candidates.iter().enumerate() {
            let ends = [candidate.widths.0, candidate.widths.1];
            for (end, wanted) in ends.into_iter().zip(widths) {
                let said = self.width(wanted, &candidate.shared);
                ensure(said == Some(end), || {
                    format!("candidate {at}: width {end} where {said:?} is decided")
                })?;
            }
        }
        Ok(())
    }

    /// What a width is for a candidate.
    fn width(&self, width: RowWidth, shared: &Shared) -> Option<u32> {
        match width {
            RowWidth::Fixed(width) => Some(width),
            RowWidth::Choice(choice) => {
                let (_, value) = shared.values.iter().find(|value| value.0 == choice)?;
                self.choices[usize::from(choice)].width(*value)
            }
        }
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(otherwise()),
    }
}

fn verify_row(row: &Row) -> Result<(), String> {
    let deepest = row.depths.iter().copied().max();
    ensure(row.depths.is_sorted(), || "depths do not ascend".into())?;
    ensure(deepest == u32::try_from(row.slots.len()).ok(), || {
        format!("{} slots for depth {deepest:?}", row.slots.len())
    })?;
    ensure(row.depths.first() != Some(&0), || "a depth of 0".into())
}

fn verify_slot(slot: &Slot, width: u32) -> Result<(), String> {
    ensure(slot.in_channels == width, || {
        format!("width {} after width {width}", slot.in_channels)
    })?;
    ensure(!slot.candidates.is_empty(), || "no candidate".into())?;
    for (at, candidate) in slot.candidates.iter().enumerate() {
        verify_candidate(candidate).map_err(|broken| format!("candidate {at}: {broken}"))?;
    }
    Ok(())
}

fn verify_candidate(candidate: &Candidate) -> Result<(), String> {
    let (input, output) = candidate.widths;
    let mut widths = Vec::new();
    let mut names = BTreeSet::new();
    for op in &candidate.ops {
        let place = |broken| format!("`{}`: {broken}", op.name);
        ensure(names.insert(&op.name), || {
            place("a second op of that name".into())
        })?;
        let inputs = input_widths(op, input, &widths).map_err(place)?;
        widths.push(output_width(op, &inputs).map_err(place)?);
    }
    let width = widths.last().copied().unwrap_or(input);
    ensure(width == output, || {
        format!("width {width} where the candidate says {output}")
    })
}

fn input_widths(op: &Op, block: u32, earlier: &[u32]) -> Result<Vec<u32>, String> {
    let (least, most) = match op.primitive {
        Primitive::Add | Primitive::Mul => (2, 2),
        Primitive::Concat { .. } => (2, usize::MAX),
        _ => (1, 1),
    };
    ensure((least..=most).contains(&op.inputs.len()), || {
        format!("{} inputs, not {least}", op.inputs.len())
    })?;
    let width = |input: &Input| match *input {
        Input::Block => Ok(block),
        Input::Op(at) => earlier
            .get(at)
            .copied()
            .ok_or_else(|| format!("reads op {at}, which comes later")),
    };
    op.inputs.iter().map(width).collect()
}

fn output_width(op: &Op, inputs: &[u32]) -> Result<u32, String> {
    let reads = |width: u32| {
        ensure(inputs.iter().all(|&input| input == width), || {
            format!("reads width {inputs:?}, made for {width}")
        })
        .map(|()| width)
    };
    match op.primitive {
        Primitive::Conv {
            in_channels,
            out_channels,
            groups,
            ..
        } => {
            reads(in_channels)?;
            let whole = in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups);
            ensure(whole, || {
                format!("{groups} groups of {in_channels} to {out_channels}")
            })?;
            Ok(out_channels)
        }
        Primitive::Norm { channels }
        | Primitive::LayerNorm { channels }
        | Primitive::Scale { channels, .. } => reads(channels),
        Primitive::Slice { from, channels } => {
            let inside = from
                .checked_add(channels)
                .is_some_and(|end| end <= inputs[0]);
            ensure(inside, || {
                format!("{channels} of {} from {from}", inputs[0])
            })?;
            Ok(channels)
        }
        Primitive::Shuffle { groups } => {
            ensure(inputs[0].is_multiple_of(groups), || {
                format!("{groups} groups of {}", inputs[0])
            })?;
            Ok(inputs[0])
        }
        Primitive::Linear { out_features, .. } => Ok(out_features),
        Primitive::Half { first } => {
            let halves = inputs[0].is_multiple_of(2) && first < 2;
            ensure(halves, || format!("half of {} from {first}", inputs[0]))?;
            Ok(inputs[0] / 2)
        }
        Primitive::Concat { out_channels } => {
            let sum = inputs.iter().copied().fold(0, u32::saturating_add);
            ensure(sum == out_channels, || {
                format!("{inputs:?} are not {out_channels}")
            })?;
            Ok(out_channels)
        }
        Primitive::Act(_)
        | Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. }
        | Primitive::Add
        | Primitive::Mul => reads(inputs[0]),
    }
}
