//! How many values a second one core masks, for each transform.

fn main() {
    divan::main();
}
