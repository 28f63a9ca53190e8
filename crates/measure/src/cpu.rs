//! CPU time: what a run costs, however busy the machine is with other things. Linux only.

/// Ticks a second in `/proc`, on every architecture that Linux runs on today.
const TICKS: f64 = 100.0;

/// Seconds of CPU time of a process, its children that have ended, and those that live.
pub fn of_tree(process: u32) -> Option<f64> {
    let (own, ended) = times(&process.to_string())?;
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let living = children.split_whitespace().filter_map(times).map(|(own, _)| own);
    Some(own + ended + living.sum::<f64>())
}

/// Seconds of CPU time of this process.
pub fn own() -> Option<f64> {
    times("self").map(|(own, _)| own)
}

/// Of a process itself, and of its children that have ended.
fn times(process: &str) -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // "pid (name) state …": the name may hold anything.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let seconds = |field: usize| Some(fields.get(field)?.parse::<f64>().ok()? / TICKS);
    Some((seconds(11)? + seconds(12)?, seconds(13)? + seconds(14)?))
}
