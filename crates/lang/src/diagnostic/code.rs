//! The names of all messages.

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $severity:ident $name:literal,)+) => {
        /// Which rule a message speaks for; printed as a word code, explained on its own page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of this list.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The word code, as printed: `unknown-attribute`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// Whether it stops the compilation.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// Whether the text could not even be read: what stands behind may be hidden.
            pub fn is_syntax(self) -> bool {
                self <= Code::NestedTooDeep
            }

            /// The page `docs/diagnostics/<code>.md`.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$variant => include_str!(concat!("../../../../docs/diagnostics/", $name, ".md")),)+
                }
            }
        }
    };
}

codes! {
    // Syntax.
    /// Something else stands where a word, a mark or a value must.
    Syntax Error "syntax",
    /// The file does not begin with `cream 1`.
    MissingVersion Error "missing-version",
    /// The file is written in a version this compiler does not know.
    UnknownVersion Error "unknown-version",
    /// A character that begins no token.
    StrayCharacter Error "stray-character",
    /// A string without its second quote.
    UnclosedString Error "unclosed-string",
    /// A brace or parenthesis without its partner.
    UnclosedBracket Error "unclosed-bracket",
    /// A closing brace or parenthesis where nothing is open.
    UnopenedBracket Error "unopened-bracket",
    /// A number written wrongly.
    MalformedNumber Error "malformed-number",
    /// A number too long to be held exactly.
    NumberTooLarge Error "number-too-large",
    /// A word of the language taken for a name.
    ReservedWord Error "reserved-word",
    /// A word that begins no item.
    UnknownItem Error "unknown-item",
    /// An item where its kind cannot stand.
    MisplacedItem Error "misplaced-item",
    /// `=` or `in` is missing, or the one stands for the other.
    BindingWord Error "binding-word",
    /// More than one space in a file.
    SecondSpace Error "second-space",
    /// Groups nested too deep.
    NestedTooDeep Error "nested-too-deep",

    // Files.
    /// Archs of more than one space in a file.
    OtherSpace Error "other-space",
    /// An arch of a space, or a space derived from one, that is nowhere in sight.
    UnknownSpace Error "unknown-space",
    /// A space that is derived from itself.
    CircularSpace Error "circular-space",
    /// A used file is missing, unreadable or not UTF-8.
    UnreadableUse Error "unreadable-use",
    /// Files that use each other in a circle.
    CircularUse Error "circular-use",
    /// The file of a latency table is missing, unreadable or not UTF-8.
    UnreadableTable Error "unreadable-table",
    /// The file of a latency table is not one row a block with its time.
    MalformedTable Error "malformed-table",
    /// A latency table lacks rows for blocks of its space.
    MissingRows Error "missing-rows",

    // Names.
    /// Two things of one name.
    DuplicateName Error "duplicate-name",
    /// A name that has a meaning already.
    ReservedName Error "reserved-name",
    /// A `let` or `block` defined by itself.
    CircularName Error "circular-name",
    /// A name that means nothing.
    UnknownName Error "unknown-name",
    /// A name of another kind of thing than is wanted here.
    WrongKind Error "wrong-kind",

    // Items and rows.
    /// `input`, `output` or every row is missing.
    MissingItem Error "missing-item",
    /// An item that may stand once stands twice.
    DuplicateItem Error "duplicate-item",
    /// No operator and no block has this name.
    UnknownOperator Error "unknown-operator",
    /// Two alternatives of a block share a candidate.
    SharedCandidate Error "shared-candidate",
    /// More blocks or candidates than a space may have.
    SpaceTooLarge Error "space-too-large",

    // Attributes and values.
    /// An attribute written where nothing has it.
    UnknownAttribute Error "unknown-attribute",
    /// An attribute that must be written is not.
    MissingAttribute Error "missing-attribute",
    /// An attribute written twice.
    DuplicateAttribute Error "duplicate-attribute",
    /// `in` or `fit` where it cannot stand.
    BindingNotAllowed Error "binding-not-allowed",
    /// A value of the wrong type or unit.
    WrongType Error "wrong-type",
    /// A value outside what its attribute allows.
    OutOfRange Error "out-of-range",
    /// A set or range without values.
    EmptyDomain Error "empty-domain",
    /// Numbers of a set that do not ascend.
    NotAscending Error "not-ascending",
    /// A value twice in a set.
    DuplicateValue Error "duplicate-value",
    /// A range's step that is zero or misses the end.
    BadStep Error "bad-step",

    // Shapes.
    /// Widths between which no shuffle unit can stand.
    ShuffleWidths Error "shuffle-widths",
    /// `zero` where nothing would come out of a block.
    ZeroPlace Error "zero-place",
    /// A `sum` of fewer than two branches.
    SumBranches Error "sum-branches",
    /// `skip` where the shape changes on some path.
    SkipChangesShape Error "skip-changes-shape",
    /// Another width on an operator that keeps it.
    WidthStays Error "width-stays",
    /// Groups that do not divide a width.
    GroupsDoNotDivide Error "groups-do-not-divide",
    /// A number that a block's row computes and cannot take.
    RowNumber Error "row-number",
    /// A row that reads fewer or more rows than it can.
    RowInputs Error "row-inputs",
    /// A row of a block that nothing reads.
    UnreadRow Error "unread-row",
    /// Values of different shapes that a block's row joins.
    UnlikeShapes Error "unlike-shapes",
    /// A block of rows whose output does not fit its place.
    BlockOutput Error "block-output",
    /// An operator that must have a layer to itself.
    StandsAlone Error "stands-alone",
    /// Rows in an order that cannot be built.
    LayerOrder Error "layer-order",
    /// The last row does not give one number a class.
    WrongOutput Error "wrong-output",

    // Bounds.
    /// A `require` on something that is not counted.
    UnknownMetric Error "unknown-metric",
    /// A bare number beside one with a unit.
    MissingUnit Error "missing-unit",
    /// A range whose end lies below its start.
    EmptyRange Error "empty-range",

    /// A `fit` item that does not name every stage of a fitted depth once.
    FitOrder Error "fit-order",

    // Derived spaces.
    /// A derived space narrows something its base does not have.
    DerivedUnknownTarget Error "derived-unknown-target",
    /// A derived space says two things of one.
    DerivedRepeated Error "derived-repeated",
    /// A derived space asks for a value that its base does not leave.
    DerivedOutsideDomain Error "derived-outside-domain",
    /// A derived space narrows a part of a decision that others share.
    DerivedSharedDecision Error "derived-shared-decision",
    /// A derived space leaves no block for a row.
    DerivedEmpty Error "derived-empty",

    // Warnings about a space.
    /// A line of a derived space that leaves all as it is.
    NarrowsNothing Warning "narrows-nothing",
    /// A searched domain with a single value.
    SearchesNothing Warning "searches-nothing",
    /// A block that no row uses.
    UnusedBlock Warning "unused-block",
    /// A parameter that no row of its block uses.
    UnusedParameter Warning "unused-parameter",
    /// A `let` that nothing uses.
    UnusedLet Warning "unused-let",
    /// A latency table that nothing bounds.
    UnusedTable Warning "unused-table",
    /// A `choice` that nothing follows.
    UnusedChoice Warning "unused-choice",
    /// A decision no path ever takes.
    DecisionNeverLive Warning "decision-never-live",
    /// Two ways to leave a block out.
    SameNetworkTwice Warning "same-network-twice",
    /// A kernel whose outer weights only ever meet padding.
    KernelExceedsMap Warning "kernel-exceeds-map",

    // Archs.
    /// An arch fixes something its space does not have.
    ArchUnknownRow Error "arch-unknown-row",
    /// An arch leaves out a row that decides something.
    ArchMissingRow Error "arch-missing-row",
    /// An arch says the same thing twice.
    ArchRepeated Error "arch-repeated",
    /// An arch lists a number of blocks that is no depth of its row.
    ArchWrongDepth Error "arch-wrong-depth",
    /// A number where a block is wanted, a block where a number is, or something left open.
    ArchWrongKind Error "arch-wrong-kind",
    /// A block that is no alternative of its row.
    ArchUnknownBlock Error "arch-unknown-block",
    /// An attribute that no candidate has.
    ArchUnknownAttribute Error "arch-unknown-attribute",
    /// A searched attribute that an arch does not give.
    ArchMissingAttribute Error "arch-missing-attribute",
    /// A value that is not in its domain.
    ArchOutsideDomain Error "arch-outside-domain",
    /// A block that can mean several candidates.
    ArchAmbiguousBlock Error "arch-ambiguous-block",
    /// An arch gives one shared decision two values.
    ArchSharedDiffers Error "arch-shared-differs",
    /// An arch that breaks a bound of its space.
    ArchOutsideBound Warning "arch-outside-bound",

    // Plans.
    /// No path meets every bound.
    BoundUnreachable Error "bound-unreachable",
    /// Two bounds that no number meets.
    BoundConflict Error "bound-conflict",
    /// Neither a path inside every bound nor a proof that there is none was found.
    BoundUndecided Error "bound-undecided",
    /// A value that no path inside every bound takes.
    ValueNeverFeasible Warning "value-never-feasible",
    /// A bound that every path meets.
    BoundNeverBinds Warning "bound-never-binds",
}
