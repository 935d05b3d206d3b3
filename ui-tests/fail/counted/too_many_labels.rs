use instrumetrics::counted;

#[counted(labels(l0 = "x", l1 = "x", l2 = "x", l3 = "x", l4 = "x", l5 = "x", l6 = "x", l7 = "x", l8 = "x", l9 = "x", l10 = "x", l11 = "x", l12 = "x", l13 = "x", l14 = "x", l15 = "x"), outcome)]
fn order() {}

fn main() {}
