//! The parser and `grammar/cream.ebnf` agree: sentences made from the grammar are read without a
//! message, and of sentences with faults both refuse the same.

use std::collections::{BTreeMap, BTreeSet};

use creamc_lang::diagnostic::Code;
use creamc_lang::quantity::Quantity;
use creamc_lang::source::FileId;
use creamc_lang::syntax;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const GRAMMAR: &str = include_str!("../../../grammar/cream.ebnf");

/// Rules whose parts stand side by side without blanks.
const WORDS: [&str; 4] = ["number", "int", "name", "string"];

/// What a grammar cannot say: the parser refuses it though the sentence is one.
const BEYOND_GRAMMAR: [Code; 2] = [Code::SecondSpace, Code::NestedTooDeep];

/// The right side of a rule.
#[derive(Debug, Clone)]
enum Form {
    Text(String),
    Rule(String),
    Sequence(Vec<Form>),
    Either(Vec<Form>),
    Maybe(Box<Form>),
    Many(Box<Form>),
}

type Grammar = BTreeMap<String, Form>;

#[test]
fn every_rule_is_defined_and_used() {
    let grammar = read(GRAMMAR);
    let mut used = BTreeSet::from(["file".to_owned(), "reserved".to_owned()]);
    for form in grammar.values() {
        rules_in(form, &mut used);
    }
    used.remove("any");
    let defined: BTreeSet<String> = grammar.keys().cloned().collect();
    assert_eq!(used, defined);
}

#[test]
fn the_reserved_words_are_those_of_the_grammar() {
    let grammar = read(GRAMMAR);
    let reserved = reserved(&grammar);
    for text in texts(&grammar).iter().filter(|text| is_wordish(text)) {
        let (_, diagnostics) = syntax::parse(FileId(0), &format!("cream 1 let {text} = 1"));
        let refused = diagnostics.iter().any(|one| one.code == Code::ReservedWord);
        assert_eq!(refused, reserved.contains(text), "{text}");
    }
}

#[test]
fn sentences_of_the_grammar_are_read_without_a_message() {
    let grammar = read(GRAMMAR);
    for seed in 0..200 {
        let mut writer = Writer::new(&grammar, seed);
        let sentence = writer.sentence();
        assert!(Recogniser::accepts(&grammar, &sentence), "{sentence:?}");
        for text in [spread(&sentence, &mut writer.rng), tight(&sentence)] {
            assert_eq!(faults(&text), [], "seed {seed}: {text}");
        }
    }
}

#[test]
fn the_parser_and_the_grammar_refuse_the_same_sentences() {
    let grammar = read(GRAMMAR);
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..700 {
        let mut writer = Writer::new(&grammar, seed);
        let mut sentence = writer.sentence();
        for _ in 0..writer.rng.random_range(1..=2) {
            writer.spoil(&mut sentence);
        }
        let text = spread(&sentence, &mut writer.rng);
        let faults = faults(&text);
        let is_sentence = Recogniser::accepts(&grammar, &sentence);
        assert_eq!(
            faults.is_empty(),
            is_sentence,
            "seed {seed}: {text}\n{faults:?}"
        );
        *(if is_sentence {
            &mut accepted
        } else {
            &mut refused
        }) += 1;
    }
    assert!(
        accepted > 10 && refused > 10,
        "{accepted} accepted, {refused} refused"
    );
}

/// What the parser has against a text, as far as a grammar can tell.
fn faults(text: &str) -> Vec<Code> {
    let (_, diagnostics) = syntax::parse(FileId(0), text);
    let codes = diagnostics.iter().map(|diagnostic| diagnostic.code);
    codes
        .filter(|code| !BEYOND_GRAMMAR.contains(code))
        .collect()
}

// Reading the grammar.

/// Reads rules of the form `name = form ;`.
fn read(text: &str) -> Grammar {
    let tokens = marks(text);
    let mut at = 0;
    let mut grammar = Grammar::new();
    while at < tokens.len() {
        let name = tokens[at].clone();
        assert_eq!(tokens[at + 1], "=", "a rule `{name}` is defined");
        at += 2;
        let form = either(&tokens, &mut at);
        assert_eq!(tokens[at], ";", "the rule `{name}` ends");
        at += 1;
        assert!(
            grammar.insert(name.clone(), form).is_none(),
            "`{name}` is defined twice"
        );
    }
    grammar
}

/// The tokens of the grammar file; texts keep their first quote.
fn marks(text: &str) -> Vec<String> {
    let mut marks = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("(*") {
            rest.find("*)").expect("a comment ends") + 2
        } else if matches!(first, '"' | '\'') {
            1 + rest[1..].find(first).expect("a text ends") + 1
        } else if first.is_alphabetic() {
            rest.find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            1
        };
        let (mark, after) = rest.split_at(length);
        if !mark.starts_with("(*") {
            marks.push(mark.to_owned());
        }
        rest = after.trim_start();
    }
    marks
}

fn either(tokens: &[String], at: &mut usize) -> Form {
    let mut forms = vec![sequence(tokens, at)];
    while tokens[*at] == "|" {
        *at += 1;
        forms.push(sequence(tokens, at));
    }
    match forms.len() {
        1 => forms.remove(0),
        _ => Form::Either(forms),
    }
}

fn sequence(tokens: &[String], at: &mut usize) -> Form {
    let mut forms = Vec::new();
    while !matches!(tokens[*at].as_str(), "|" | ")" | "]" | "}" | ";") {
        forms.push(part(tokens, at));
    }
    Form::Sequence(forms)
}

fn part(tokens: &[String], at: &mut usize) -> Form {
    let token = tokens[*at].as_str();
    *at += 1;
    match token {
        "(" => bracketed(tokens, at, ")"),
        "[" => Form::Maybe(Box::new(bracketed(tokens, at, "]"))),
        "{" => Form::Many(Box::new(bracketed(tokens, at, "}"))),
        _ if token.starts_with(['"', '\'']) => Form::Text(token[1..token.len() - 1].to_owned()),
        _ => Form::Rule(token.to_owned()),
    }
}

fn bracketed(tokens: &[String], at: &mut usize, close: &str) -> Form {
    let form = either(tokens, at);
    assert_eq!(tokens[*at], close);
    *at += 1;
    form
}

fn rules_in(form: &Form, found: &mut BTreeSet<String>) {
    match form {
        Form::Text(_) => {}
        Form::Rule(name) => {
            found.insert(name.clone());
        }
        Form::Sequence(forms) | Form::Either(forms) => {
            forms.iter().for_each(|form| rules_in(form, found));
        }
        Form::Maybe(form) | Form::Many(form) => rules_in(form, found),
    }
}

fn texts_in(form: &Form, found: &mut BTreeSet<String>) {
    match form {
        Form::Text(text) => {
            found.insert(text.clone());
        }
        Form::Rule(_) => {}
        Form::Sequence(forms) | Form::Either(forms) => {
            forms.iter().for_each(|form| texts_in(form, found));
        }
        Form::Maybe(form) | Form::Many(form) => texts_in(form, found),
    }
}

/// Every quoted text outside of the rules for words.
fn texts(grammar: &Grammar) -> BTreeSet<String> {
    let inner = ["number", "unit", "int", "name", "string", "letter", "digit"];
    let mut found = BTreeSet::new();
    for (_, form) in grammar
        .iter()
        .filter(|(name, _)| !inner.contains(&name.as_str()))
    {
        texts_in(form, &mut found);
    }
    found
}

fn reserved(grammar: &Grammar) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    texts_in(&grammar["reserved"], &mut found);
    found
}

// Writing sentences.

/// Makes sentences from the grammar, and spoils them.
struct Writer<'g> {
    grammar: &'g Grammar,
    reserved: BTreeSet<String>,
    vocabulary: Vec<String>,
    rng: ChaCha8Rng,
}

impl<'g> Writer<'g> {
    fn new(grammar: &'g Grammar, seed: u64) -> Writer<'g> {
        let words = ["a", "mb", "3", "0.5", "600M", "1e-5", "\"x.cream\""].map(str::to_owned);
        Writer {
            grammar,
            reserved: reserved(grammar),
            vocabulary: texts(grammar).into_iter().chain(words).collect(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// A file as a list of words, in version 1.
    fn sentence(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        self.write(&self.grammar["file"], 0, &mut words);
        words[1] = "1".to_owned();
        words
    }

    fn write(&mut self, form: &Form, depth: usize, words: &mut Vec<String>) {
        match form {
            Form::Text(text) => words.push(text.clone()),
            Form::Rule(name) if WORDS.contains(&name.as_str()) => words.push(self.word(name)),
            Form::Rule(name) if name == "any" => words.push(self.any()),
            Form::Rule(name) => self.write(&self.grammar[name], depth + 1, words),
            Form::Sequence(forms) => forms.iter().for_each(|form| self.write(form, depth, words)),
            Form::Either(forms) => {
                let form = self.alternative(forms, depth);
                self.write(form, depth, words);
            }
            Form::Maybe(form) => {
                if self.goes_on(depth) {
                    self.write(form, depth, words);
                }
            }
            Form::Many(form) => {
                for _ in 0..4 {
                    if self.goes_on(depth) {
                        self.write(form, depth, words);
                    }
                }
            }
        }
    }

    /// Deep inside the first alternative is taken: it never leads back.
    fn alternative<'f>(&mut self, forms: &'f [Form], depth: usize) -> &'f Form {
        match depth {
            0..12 => forms
                .choose(&mut self.rng)
                .expect("there is an alternative"),
            _ => &forms[0],
        }
    }

    fn goes_on(&mut self, depth: usize) -> bool {
        depth < 12 && self.rng.random_bool(0.4)
    }

    fn word(&mut self, name: &str) -> String {
        loop {
            let mut parts = Vec::new();
            self.write(&self.grammar[name], 0, &mut parts);
            let word = parts.concat();
            let out_of_range = name == "number" && Quantity::parse(&word).is_err();
            if !out_of_range && !self.reserved.contains(&word) {
                return word;
            }
        }
    }

    fn any(&mut self) -> String {
        let characters = ["a", "Z", ".", "/", " ", "#", "{", "}", "é", "∀"];
        (*characters
            .choose(&mut self.rng)
            .expect("there are characters"))
        .to_owned()
    }

    /// Takes a word out, puts one in, puts one in another's place, or swaps two; never in the version.
    fn spoil(&mut self, words: &mut Vec<String>) {
        let at = self.rng.random_range(2..words.len() + 1);
        let new = self
            .vocabulary
            .choose(&mut self.rng)
            .expect("there are words")
            .clone();
        match self.rng.random_range(0..4) {
            0 if at < words.len() => drop(words.remove(at)),
            1 if at < words.len() => words[at] = new,
            2 if at + 1 < words.len() => words.swap(at, at + 1),
            _ => words.insert(at, new),
        }
    }
}

/// Words with blanks, line ends or comments between.
fn spread(words: &[String], rng: &mut impl Rng) -> String {
    let blanks = [" ", " ", "  ", "\n", "\t", " # a {comment\n"];
    let mut blank = || *blanks.choose(rng).expect("there are blanks");
    words
        .iter()
        .map(|word| format!("{word}{}", blank()))
        .collect()
}

/// Words with a blank only where two would run together.
fn tight(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        if text.ends_with(is_word_character) && word.starts_with(is_word_character) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

fn is_word_character(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

fn is_wordish(text: &str) -> bool {
    text.chars().all(is_word_character)
}

// Recognising sentences.

/// Where a form that begins at one place can end; by plain trial of all ways.
struct Recogniser<'g> {
    grammar: &'g Grammar,
    reserved: BTreeSet<String>,
    /// The words of a file, or the characters of a word.
    items: Vec<String>,
    inside_word: bool,
    known: BTreeMap<(String, usize), BTreeSet<usize>>,
}

impl<'g> Recogniser<'g> {
    /// Whether the words are a file.
    fn accepts(grammar: &'g Grammar, words: &[String]) -> bool {
        let recogniser = Recogniser {
            grammar,
            reserved: reserved(grammar),
            items: words.to_vec(),
            inside_word: false,
            known: BTreeMap::new(),
        };
        recogniser.reads_all("file")
    }

    /// Whether the characters are a word of the kind.
    fn is_word(&self, kind: &str, word: &str) -> bool {
        let recogniser = Recogniser {
            grammar: self.grammar,
            reserved: BTreeSet::new(),
            items: word.chars().map(String::from).collect(),
            inside_word: true,
            known: BTreeMap::new(),
        };
        recogniser.reads_all(kind) && !(kind == "name" && self.reserved.contains(word))
    }

    fn reads_all(mut self, rule: &str) -> bool {
        let form = &self.grammar[rule];
        self.ends(form, 0).contains(&self.items.len())
    }

    fn ends(&mut self, form: &Form, at: usize) -> BTreeSet<usize> {
        match form {
            Form::Text(text) => self.ends_of_text(text, at).into_iter().collect(),
            Form::Rule(name) => self.ends_of_rule(name, at),
            Form::Sequence(forms) => forms.iter().fold(BTreeSet::from([at]), |starts, form| {
                starts
                    .iter()
                    .flat_map(|&start| self.ends(form, start))
                    .collect()
            }),
            Form::Either(forms) => forms.iter().flat_map(|form| self.ends(form, at)).collect(),
            Form::Maybe(form) => self.ends(form, at).into_iter().chain([at]).collect(),
            Form::Many(form) => self.ends_of_many(form, at),
        }
    }

    fn ends_of_text(&self, text: &str, at: usize) -> Option<usize> {
        let length = if self.inside_word {
            text.chars().count()
        } else {
            1
        };
        let found = self.items.get(at..at + length)?.concat();
        (found == text).then_some(at + length)
    }

    fn ends_of_many(&mut self, form: &Form, at: usize) -> BTreeSet<usize> {
        let mut ends = BTreeSet::from([at]);
        let mut fresh = vec![at];
        while let Some(start) = fresh.pop() {
            for end in self.ends(form, start) {
                if ends.insert(end) {
                    fresh.push(end);
                }
            }
        }
        ends
    }

    fn ends_of_rule(&mut self, name: &str, at: usize) -> BTreeSet<usize> {
        if name == "any" {
            let fits = self.items.get(at).is_some_and(|c| c != "\"" && c != "\n");
            return fits.then_some(at + 1).into_iter().collect();
        }
        if !self.inside_word && WORDS.contains(&name) {
            let fits = self
                .items
                .get(at)
                .is_some_and(|word| self.is_word(name, word));
            return fits.then_some(at + 1).into_iter().collect();
        }
        if let Some(ends) = self.known.get(&(name.to_owned(), at)) {
            return ends.clone();
        }
        let ends = self.ends(&self.grammar[name], at);
        self.known.insert((name.to_owned(), at), ends.clone());
        ends
    }
}
