; Words of the language.
[
  "cream" "use" "space" "arch" "of" "input" "output" "default" "let" "choice" "table" "block"
  "layer" "stage" "fit" "require"
] @keyword

; The words that say what is open: `=` fixes, `in` searches, `fit` settles.
["in" "then" "or" "step"] @keyword.operator
["image" "classes" "latency"] @function.builtin

; What is declared.
(space name: (name) @type)
(space base: (name) @type)
(arch name: (name) @type)
(arch space: (name) @type)
(let name: (name) @constant)
(choice name: (name) @constant)
(table name: (name) @constant)
(block name: (name) @function)
(layer name: (name) @label)
(stage name: (name) @label)
(fit (name) @label)
(dotted (name) @variable.member)

; Operators and blocks, attributes, values.
(prim name: (name) @function)
((prim name: (name) @function.builtin)
  (#any-of? @function.builtin
    "conv" "dw" "ds" "ir" "er" "bottleneck" "shuffle" "xception" "avgpool" "maxpool" "linear" "skip" "zero"
    "sum"))
(attr name: (name) @property)
(fixed name: (name) @property)
(attr value: (name) @constant)
(fixed value: (name) @constant)

; The rows of blocks.
(param name: (name) @variable.parameter)
(param value: (name) @constant)
(part (name) @variable)
(part name: (name) @label)
(part primitive: (name) @function)
((part primitive: (name) @function.builtin)
  (#any-of? @function.builtin
    "conv" "dwconv" "norm" "act" "squeeze" "pool" "maxpool" "linear" "split" "concat" "shuffle" "scale"
    "add" "residual" "shortcut"))
(measure (name) @variable)
(measure name: (name) @property)
(attr domain: (name) @constant)
(narrow domain: (name) @constant)
(set (name) @constant)

(number) @number
(int) @number
(string) @string
(comment) @comment

["=" ".." "<=" ">=" "==" "+" "-" "*" "/"] @operator
["{" "}" "(" ")"] @punctuation.bracket
["," "." ":"] @punctuation.delimiter
