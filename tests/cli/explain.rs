use creamc::lang::diagnostic::Code;
use creamc::lang::space::Operator;

use crate::tool::creamc;

#[test]
fn every_code_and_every_operator_has_a_page() {
    let list = creamc(&["explain"]).clean().out;
    let codes = Code::ALL.iter().map(|code| code.as_str());
    for topic in codes.chain(Operator::ALL.iter().map(|operator| operator.as_str())) {
        assert!(list.contains(topic), "`{topic}` is not listed");
        let page = creamc(&["explain", topic]).clean().out;
        assert!(page.starts_with(&format!("# {topic}\n")), "{page}");
        assert!(page.lines().count() > 2, "{page}");
    }
}

#[test]
fn an_unknown_topic_gets_the_nearest_one() {
    creamc(&["explain", "sintax"]).fails(2, "did you mean `syntax`?");
    creamc(&["explain", "transformer"]).fails(2, "lists all pages");
}
