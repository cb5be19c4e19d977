//! The language's own blocks, as far as rows can say them: `prelude.cream`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::Recipe;
use crate::source::Sources;
use crate::space::{Operator, check};
use crate::syntax;

static PRELUDE: LazyLock<BTreeMap<Operator, Arc<Recipe>>> = LazyLock::new(read);

/// The rows of an operator; `None` where it has none.
pub(crate) fn prelude(operator: Operator) -> Option<&'static Arc<Recipe>> {
    PRELUDE.get(&operator)
}

fn read() -> BTreeMap<Operator, Arc<Recipe>> {
    let text = include_str!("prelude.cream");
    let mut sources = Sources::default();
    let id = sources.add("prelude.cream", text);
    let (file, found) = syntax::parse(id, text);
    assert!(found.is_empty(), "the prelude is right: {found:?}");
    let recipes = check::check_prelude(&file, &sources);
    let named = recipes.into_iter().map(|recipe| {
        let operator = Operator::from_word(&recipe.name.value);
        (operator.expect("the prelude holds operators"), recipe)
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::AttributeName;

    #[test]
    fn the_parameters_are_those_of_the_table_of_operators() {
        for (operator, recipe) in &*PRELUDE {
            let params: Vec<AttributeName> = recipe.names().collect();
            let table = operator.attributes().iter().map(|spec| spec.name);
            assert_eq!(params, table.collect::<Vec<_>>(), "{operator}");
        }
    }

    #[test]
    fn its_text_is_formatted() {
        let text = include_str!("prelude.cream");
        let (file, _) = syntax::parse(crate::source::FileId(0), text);
        assert_eq!(syntax::format(text, &file), text);
    }
}
