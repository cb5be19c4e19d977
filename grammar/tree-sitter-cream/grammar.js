/// The grammar of the creamc language for tree-sitter. The rules are those of ../cream.ebnf, under
/// the same names; ../README.md says how src/ is made from this file.

const list = (rule) => seq(rule, repeat(seq(',', rule)));
const closed = (rule) => seq(list(rule), optional(','));

module.exports = grammar({
  name: 'cream',

  extras: ($) => [/[ \t\r\n]/, $.comment],

  word: ($) => $.name,

  reserved: {
    global: (_) => [
      'input', 'output', 'default', 'let', 'choice', 'table', 'block', 'layer', 'stage', 'fit',
      'require', 'use', 'space', 'arch', 'of', 'in', 'then', 'or', 'step',
    ],
  },

  // Behind a row of a block a name begins the next row or, with `=` behind it, an attribute.
  conflicts: ($) => [[$.part]],

  supertypes: ($) => [$.item],

  rules: {
    file: ($) => seq(
      optional('\uFEFF'),
      'cream',
      field('version', $.int),
      repeat($.use),
      repeat(choice($.let, $.block, $.space, $.arch)),
    ),

    use: ($) => seq('use', field('path', $.string)),

    space: ($) => seq(
      'space', field('name', $.name),
      choice(
        seq('{', repeat($.item), '}'),
        seq('of', field('base', $.name), '{', repeat(choice($.fix, $.narrow, $.require)), '}'),
      ),
    ),

    arch: ($) => seq(
      'arch', field('name', $.name), 'of', field('space', $.name), '{', repeat($.fix), '}',
    ),

    fix: ($) => seq(field('target', $.dotted), '=', list(choice($.number, $.prim, alias($._layer, $.prim)))),

    // What a space that is derived from another leaves of a domain.
    narrow: ($) => seq(
      field('target', $.dotted), field('word', choice('in', 'fit')), field('domain', $._domain),
    ),

    item: ($) => choice(
      $.input, $.output, $.default, $.let, $.choice, $.table, $.block, $.layer, $.stage,
      $.fit, $.require,
    ),

    input: ($) => seq('input', 'image', '(', optional(closed($.attr)), ')'),

    output: ($) => seq('output', 'classes', '(', field('classes', $.int), ')'),

    default: ($) => seq('default', list($.fixed)),

    let: ($) => seq(
      'let', field('name', $.name), '=', field('value', choice($.set, $.range, $._value)),
    ),

    choice: ($) => seq('choice', field('name', $.name), 'in', field('domain', $._domain)),

    table: ($) => seq(
      'table', field('name', $.name), '=', 'latency', '(', field('path', $.string), ')',
    ),

    block: ($) => seq(
      'block', field('name', $.name), choice(seq('=', field('op', $.op)), $._recipe),
    ),

    _recipe: ($) => seq(
      optional(seq('(', optional(closed($.param)), ')')), '{', repeat($.part), '}',
    ),

    param: ($) => seq(field('name', $.name), optional(seq('=', field('value', $._value)))),

    part: ($) => seq(
      optional(seq(field('name', $.name), ':')),
      field('primitive', $.name),
      optional(seq('(', optional(closed($._detail)), ')')),
      repeat($.measure),
    ),

    _detail: ($) => choice($.name, alias(choice('input', 'layer'), $.name), $.measure),

    measure: ($) => seq(field('name', $.name), '=', field('value', $._sum)),

    _sum: ($) => seq($._product, repeat(seq(choice('+', '-'), $._product))),

    _product: ($) => seq($._factor, repeat(seq(choice('*', '/'), $._factor))),

    _factor: ($) => choice(
      $.number,
      seq($.name, optional(seq('(', $._sum, ')'))),
      alias('layer', $.name),
      seq('(', $._sum, ')'),
    ),

    layer: ($) => seq('layer', field('name', $.name), field('op', $.op), repeat($.attr)),

    stage: ($) => seq(
      'stage', field('name', $.name), field('first', $.op),
      optional(seq('then', field('rest', $.op))), repeat($.attr),
    ),

    fit: ($) => seq('fit', list($.name)),

    require: ($) => seq(
      'require', field('subject', $.dotted),
      choice(
        seq('in', alias($.bounds, $.range)),
        seq(field('compare', choice('<=', '>=', '==')), field('with', choice($.number, $.dotted))),
      ),
    ),

    // A bound's range has no step.
    bounds: ($) => seq(field('low', $._value), '..', field('high', $._value)),

    op: ($) => seq($.prim, repeat(seq('or', $.prim))),

    prim: ($) => choice(
      seq(field('name', $.name), optional(seq('(', optional(closed($._arg)), ')'))),
      seq('(', $.op, ')'),
    ),

    // The norm, where a name could stand.
    _layer: ($) => field('name', alias('layer', $.name)),

    _arg: ($) => choice($.attr, $.op),

    attr: ($) => seq(
      field('name', $.name),
      choice(
        seq('=', field('value', $._value)),
        seq(choice('in', 'fit'), field('domain', $._domain)),
      ),
    ),

    fixed: ($) => seq(field('name', $.name), '=', field('value', $._value)),

    _domain: ($) => choice($.set, $.range, $.name),

    set: ($) => seq('{', optional(closed($._value)), '}'),

    range: ($) => seq(
      field('low', $._value), '..', field('high', $._value),
      optional(seq('step', field('step', $._value))),
    ),

    _value: ($) => choice($.number, $.name, alias('layer', $.name)),

    dotted: ($) => seq($.name, repeat(seq('.', $.name))),

    number: (_) => /[0-9]+(\.[0-9]+)?(e-?[0-9]+|K|M|G|us|ms|s)?/,

    int: (_) => /[0-9]+/,

    name: (_) => /[A-Za-z_][A-Za-z0-9_]*/,

    string: (_) => /"[^"\n]*"/,

    comment: (_) => /#[^\n]*/,
  },
});
