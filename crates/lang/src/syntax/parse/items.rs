//! The items of a space, one parser each, and the bodies they stand in.

use nom::Parser;
use nom::combinator::{map, opt};
use nom::multi::separated_list1;

use super::attributes::{Written, attribute, bounds, domain, fixed_attribute, value_or_domain};
use super::ops::op;
use super::recovery::{self, FILE_ITEMS, ITEMS};
use super::tokens::{Parsed, Tokens, mark, number, word};
use super::values::{closed, dotted, listed, names, required, required_name, required_string};
use super::{narrows, recipes, report, rows};
use crate::diagnostic::nearest;
use crate::quantity::Quantity;
use crate::source::{Name, Span, Spanned};
use crate::syntax::ast::{
    self, Arch, Choice, Comparison, Default, Domain, DomainKind, FileItem, Fit, Fix, Input, Item,
    Let, LetValue, Operand, Output, Relation, Require, Space, Table, Use,
};
use crate::syntax::format::domain_text;
use crate::syntax::lex::Kind;

/// `use = "use" string`.
pub(super) fn use_(input: Tokens<'_>) -> Parsed<'_, Use> {
    let (rest, path) = required_string(input.skip())?;
    let span = input.span_to(rest);
    Ok((rest, Use { path, span }))
}

/// `space = "space" name ( "{" { item } "}" | "of" name "{" { narrow | require } "}" )`.
pub(super) fn space(input: Tokens<'_>) -> Parsed<'_, Space> {
    let (rest, name) = required_name("a name for the space")(input.skip())?;
    let (rest, base) = opt(base).parse(rest)?;
    let (rest, open) = open_body(rest)?;
    let (rest, items) = match base {
        None => items(rest, item_or_error),
        Some(_) => items(rest, line_or_error),
    };
    let rest = close_body(rest, open, &name);
    let span = input.span_to(rest);
    let space = Space {
        name,
        base,
        items,
        span,
    };
    Ok((rest, space))
}

/// `"of" name`; soft where something else stands.
fn base(input: Tokens<'_>) -> Parsed<'_, Name> {
    let (rest, _) = word("of")(input)?;
    required_name(A_SPACE)(rest)
}

/// What stands behind `of`.
const A_SPACE: &str = "the name of a space";

/// `arch = "arch" name "of" name "{" { fix } "}"`.
pub(super) fn arch(input: Tokens<'_>) -> Parsed<'_, Arch> {
    let (rest, name) = required_name("a name for the arch")(input.skip())?;
    let (rest, _) = required(word("of"), "`of` and the name of a space")(rest)?;
    let (rest, space) = required_name(A_SPACE)(rest)?;
    let (rest, open) = open_body(rest)?;
    let (rest, fixes) = fixes(rest);
    let rest = close_body(rest, open, &name);
    let arch = Arch {
        name,
        space,
        fixes,
        span: input.span_to(rest),
    };
    Ok((rest, arch))
}

/// Over the brace that opens a body. Where it is missing before an item, that is reported and the body begins.
fn open_body(input: Tokens<'_>) -> Parsed<'_, Span> {
    if recovery::begins_item(input) {
        input.report(|| report::expected(input, "`{`"));
        return Ok((input, input.gap()));
    }
    required(mark(Kind::LeftBrace), "`{`")(input)
}

/// Over the brace that closes a body; where it is missing, that is reported and the body ends.
pub(super) fn close_body<'a>(input: Tokens<'a>, open: Span, name: &Name) -> Tokens<'a> {
    if !input.is(Kind::RightBrace) {
        input.report(|| report::unclosed_body(input, open, name));
        return input;
    }
    input.skip()
}

/// Items up to the brace that closes the space, or to what can only stand outside of one.
fn items<'a>(
    input: Tokens<'a>,
    item: impl Fn(Tokens<'a>) -> (Tokens<'a>, Item),
) -> (Tokens<'a>, Vec<Item>) {
    let mut items = Vec::new();
    let mut input = input;
    while !ends_space(input) {
        let (rest, next) = item(input);
        items.push(next);
        input = rest;
    }
    (input, items)
}

fn ends_space(input: Tokens<'_>) -> bool {
    let outside = input.is_word("space") || input.is_word("arch");
    input.is_end() || input.is(Kind::RightBrace) || outside && input.next().first_on_line
}

fn item_or_error(input: Tokens<'_>) -> (Tokens<'_>, Item) {
    match item(input) {
        Ok(parsed) => parsed,
        Err(error) => {
            let rest = give_up(input, error, recovery::to_next_item);
            (rest, Item::Error(input.span_to(rest)))
        }
    }
}

fn line_or_error(input: Tokens<'_>) -> (Tokens<'_>, Item) {
    match narrows::line(input) {
        Ok(parsed) => parsed,
        Err(error) => {
            let rest = give_up(input, error, recovery::to_next_fix);
            (rest, Item::Error(input.span_to(rest)))
        }
    }
}

/// Takes down why an item could not be read, and finds where to go on: always past its first token.
pub(super) fn give_up<'a>(
    start: Tokens<'a>,
    error: nom::Err<super::tokens::Failure>,
    recover: impl Fn(Tokens<'a>, Tokens<'a>) -> Tokens<'a>,
) -> Tokens<'a> {
    let nom::Err::Failure(failure) = error else {
        unreachable!("items fail for good, with the message that tells why");
    };
    let stop = start.stopped_at(&failure);
    start.take_down(failure);
    recover(start, stop)
}

/// One item of a space.
fn item(input: Tokens<'_>) -> Parsed<'_, Item> {
    if !input.is(Kind::Word) {
        return input.fail(|| report::trailing(input));
    }
    match input.text() {
        "input" => map(self::input, Item::Input).parse(input),
        "output" => map(output, Item::Output).parse(input),
        "default" => map(default, Item::Default).parse(input),
        "let" => map(let_, Item::Let).parse(input),
        "choice" => map(choice, Item::Choice).parse(input),
        "table" => map(table, Item::Table).parse(input),
        "block" => map(block, Block::in_space).parse(input),
        "layer" => map(rows::layer, Item::Row).parse(input),
        "stage" => map(rows::stage, Item::Row).parse(input),
        "fit" => map(fit, Item::Fit).parse(input),
        "require" => map(bound, Item::Require).parse(input),
        "use" => input.fail(|| report::misplaced(input, input.span(), "inside a space")),
        _ => no_item(input),
    }
}

fn no_item<T>(input: Tokens<'_>) -> Parsed<'_, T> {
    let misspelt = nearest(input.text(), ITEMS).is_some();
    if misspelt || input.next().first_on_line {
        return input.fail(|| report::unknown_item(input, &ITEMS, "a space"));
    }
    input.fail(|| report::trailing(input))
}

/// `input = "input" "image" "(" attr { "," attr } [ "," ] ")"`.
fn input(start: Tokens<'_>) -> Parsed<'_, Input> {
    let (rest, _) = required(word("image"), "`image(…)`")(start.skip())?;
    let (rest, open) = required(mark(Kind::LeftParen), "`(`")(rest)?;
    let an_attribute = required(attribute, "an attribute, like `channels = 3`");
    let (rest, attributes) = listed(open, Kind::RightParen, an_attribute)(rest)?;
    let span = start.span_to(rest);
    Ok((rest, Input { attributes, span }))
}

/// `output = "output" "classes" "(" int ")"`.
fn output(input: Tokens<'_>) -> Parsed<'_, Output> {
    let (rest, _) = required(word("classes"), "`classes(…)`")(input.skip())?;
    let (rest, open) = required(mark(Kind::LeftParen), "`(`")(rest)?;
    let (rest, classes) = required(whole_number, "a whole number of classes")(rest)?;
    let (rest, _) = closed(open, Kind::RightParen)(rest)?;
    let span = input.span_to(rest);
    Ok((rest, Output { classes, span }))
}

/// `int = digits`; soft.
pub(super) fn whole_number(input: Tokens<'_>) -> Parsed<'_, Spanned<Quantity>> {
    let digits = input.text().bytes().all(|byte| byte.is_ascii_digit());
    if digits { number(input) } else { input.miss() }
}

/// `default = "default" name "=" value { "," name "=" value }`.
fn default(input: Tokens<'_>) -> Parsed<'_, Default> {
    let (rest, attributes) =
        separated_list1(mark(Kind::Comma), fixed_attribute).parse(input.skip())?;
    let span = input.span_to(rest);
    Ok((rest, Default { attributes, span }))
}

/// `let = "let" name "=" ( value | set | range )`.
pub(super) fn let_(input: Tokens<'_>) -> Parsed<'_, Let> {
    let (rest, name) = required_name("a name")(input.skip())?;
    let (rest, value) = match rest.is_word("in") {
        true => searched_let(rest, &name)?,
        false => let_value(required(mark(Kind::Equals), "`=`")(rest)?.0)?,
    };
    let span = input.span_to(rest);
    Ok((rest, Let { name, value, span }))
}

fn let_value(input: Tokens<'_>) -> Parsed<'_, LetValue> {
    let (rest, written) = value_or_domain(input)?;
    let value = match written {
        Written::Value(value) => LetValue::Value(value),
        Written::Domain(domain) => LetValue::Domain(domain),
    };
    Ok((rest, value))
}

/// `let x in {3, 5}`.
fn searched_let<'a>(input: Tokens<'a>, name: &Name) -> Parsed<'a, LetValue> {
    let (rest, value) = let_value(input.skip())?;
    let text = input.text_at(input.skip().span_to(rest));
    input.report(|| report::let_takes_equals(name, input.span(), text));
    Ok((rest, value))
}

/// `choice = "choice" name "in" domain`.
fn choice(input: Tokens<'_>) -> Parsed<'_, Choice> {
    let (rest, name) = required_name("a name for the choice")(input.skip())?;
    let (rest, domain) = match rest.is(Kind::Equals) {
        true => fixed_choice(rest, &name)?,
        false => domain(required(word("in"), "`in`")(rest)?.0)?,
    };
    let span = input.span_to(rest);
    Ok((rest, Choice { name, domain, span }))
}

/// `choice x = {3, 5}`.
fn fixed_choice<'a>(input: Tokens<'a>, name: &Name) -> Parsed<'a, Domain> {
    let (rest, domain) = domain(input.skip())?;
    if !matches!(domain.kind, DomainKind::Name(_)) {
        let text = domain_text(input.whole_text(), &domain);
        input.report(|| report::choice_takes_in(name, input.span(), &text));
        return Ok((rest, domain));
    }
    input.fail(|| report::expected(input, "`in`"))
}

/// `table = "table" name "=" "latency" "(" string ")"`.
fn table(input: Tokens<'_>) -> Parsed<'_, Table> {
    let (rest, name) = required_name("a name for the table")(input.skip())?;
    let (rest, _) = required(mark(Kind::Equals), "`=`")(rest)?;
    let (rest, _) = required(word("latency"), "`latency(…)`")(rest)?;
    let (rest, open) = required(mark(Kind::LeftParen), "`(`")(rest)?;
    let (rest, path) = required_string(rest)?;
    let (rest, _) = closed(open, Kind::RightParen)(rest)?;
    let span = input.span_to(rest);
    Ok((rest, Table { name, path, span }))
}

/// What `block` declares: alternatives under a name, or an operator made of rows.
pub(super) enum Block {
    Alternatives(ast::Block),
    Recipe(ast::Recipe),
}

impl Block {
    pub fn at_file(self) -> FileItem {
        match self {
            Block::Alternatives(block) => FileItem::Block(block),
            Block::Recipe(recipe) => FileItem::Recipe(recipe),
        }
    }

    fn in_space(self) -> Item {
        match self {
            Block::Alternatives(block) => Item::Block(block),
            Block::Recipe(recipe) => Item::Recipe(recipe),
        }
    }
}

/// `block = "block" name ( "=" op | recipe )`.
pub(super) fn block(input: Tokens<'_>) -> Parsed<'_, Block> {
    let (rest, name) = required_name("a name for the block")(input.skip())?;
    if recipes::begins_recipe(rest) {
        return map(
            |rest| recipes::recipe(input, name.clone(), rest),
            Block::Recipe,
        )
        .parse(rest);
    }
    let (rest, _) = required(mark(Kind::Equals), "`=`")(rest)?;
    let (rest, op) = op(rest)?;
    let span = input.span_to(rest);
    Ok((rest, Block::Alternatives(ast::Block { name, op, span })))
}

/// `fit = "fit" name { "," name }`.
fn fit(input: Tokens<'_>) -> Parsed<'_, Fit> {
    let (rest, names) = names(input.skip())?;
    let span = input.span_to(rest);
    Ok((rest, Fit { names, span }))
}

/// `require = "require" dotted ( "in" range | compare ( number | dotted ) )`. The caller knows whether
/// the first word must be there.
pub(super) fn bound(input: Tokens<'_>) -> Parsed<'_, Require> {
    let (rest, _) = opt(word("require")).parse(input)?;
    let (rest, subject) = required(dotted, "what is bounded, like `flops`")(rest)?;
    let (rest, relation) = relation(rest)?;
    let require = Require {
        subject,
        relation,
        span: input.span_to(rest),
    };
    Ok((rest, require))
}

fn relation(input: Tokens<'_>) -> Parsed<'_, Relation> {
    if input.is_word("in") {
        let (rest, (low, high, span)) = bounds(input.skip())?;
        return Ok((rest, Relation::In { low, high, span }));
    }
    if input.is(Kind::Equals) {
        return input.fail(|| report::no_comparison(input));
    }
    let (rest, comparison) = required(comparison, "`in`, `<=`, `>=` or `==`")(input)?;
    let (rest, right) = required(operand, "a number, or another depth")(rest)?;
    Ok((rest, Relation::Compare { comparison, right }))
}

fn comparison(input: Tokens<'_>) -> Parsed<'_, Spanned<Comparison>> {
    let comparison = match input.next().kind {
        Kind::AtMost => Comparison::AtMost,
        Kind::AtLeast => Comparison::AtLeast,
        Kind::EqualEqual => Comparison::Equal,
        _ => return input.miss(),
    };
    Ok((input.skip(), Spanned::new(comparison, input.span())))
}

fn operand(input: Tokens<'_>) -> Parsed<'_, Operand> {
    match input.is(Kind::Number) {
        true => map(number, Operand::Number).parse(input),
        false => map(dotted, Operand::Dotted).parse(input),
    }
}

/// Rows of an arch, up to its closing brace. A row that cannot be read is left out.
fn fixes(input: Tokens<'_>) -> (Tokens<'_>, Vec<Fix>) {
    let mut fixes = Vec::new();
    let mut input = input;
    while !ends_arch(input) {
        match rows::fix(input) {
            Ok((rest, fix)) => {
                fixes.push(fix);
                input = rest;
            }
            Err(error) => input = give_up(input, error, recovery::to_next_fix),
        }
    }
    (input, fixes)
}

fn ends_arch(input: Tokens<'_>) -> bool {
    let outside = input.is(Kind::Word) && FILE_ITEMS.contains(&input.text());
    input.is_end() || input.is(Kind::RightBrace) || outside && input.next().first_on_line
}
