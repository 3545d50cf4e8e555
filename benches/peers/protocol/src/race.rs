//! The stopwatch: the steps that are compared, the steps that are timed, the line of JSON.

use crate::Args;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A bundle of steps is timed at once, and takes at least this long: the clock itself takes some 30 ns.
const BUNDLE: Duration = Duration::from_micros(500);

/// A workload that is ready to run.
pub trait Contest {
    /// Takes `steps` steps, as a training loop would, and waits for their end.
    fn run(&mut self, steps: usize);
    /// The last step's loss; for a map the sum.
    fn loss(&mut self) -> f64;
    /// The sum of the squares of the last step's gradient, or of a map; `None` for a training.
    fn squares(&mut self) -> Option<f64> {
        None
    }
}

/// Counts allocations; every Rust competitor has it for its allocator.
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged; the count is an atomic and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on; so below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs a contest as the arguments say, and prints its line.
pub fn race(competitor: &str, version: &str, args: &Args, contest: &mut impl Contest) {
    contest.run(1);
    let first = contest.loss();
    let (mut second, mut times, mut bundle, mut allocations) = (f64::NAN, vec![], 1, f64::NAN);
    if args.seconds > 0.0 {
        second = contest.squares().unwrap_or_else(|| {
            contest.run(10);
            contest.loss()
        });
        // The warm-up finds how many steps a bundle needs.
        while timed(contest, bundle) < BUNDLE && bundle < 1 << 20 {
            bundle *= 2;
        }
        let start = Instant::now();
        let before = ALLOCATIONS.load(Relaxed);
        times.reserve(1 << 16);
        while times.len() < 5 || start.elapsed().as_secs_f64() < args.seconds {
            times.push(timed(contest, bundle).as_secs_f64() * 1e6 / bundle as f64);
        }
        allocations = (ALLOCATIONS.load(Relaxed) - before) as f64 / (bundle * times.len()) as f64;
        times.sort_by(f64::total_cmp);
    }
    println!(
        "{{\"competitor\": {competitor:?}, \"version\": {version:?}, \"workload\": {:?}, \"threads\": {}, \
         \"median_us\": {}, \"min_us\": {}, \"steps\": {}, \"check\": [{}, {}], \"allocations\": {}, \"peak_kb\": {}}}",
        args.workload.name,
        args.threads,
        number(times.get(times.len() / 2).copied()),
        number(times.first().copied()),
        bundle * times.len(),
        number(Some(first)),
        number(Some(second)),
        // The list of times may have grown meanwhile; a step's own allocations are whole numbers or many.
        number(Some(allocations.floor())),
        number(peak_kb()),
    );
}

fn timed(contest: &mut impl Contest, steps: usize) -> Duration {
    let start = Instant::now();
    contest.run(steps);
    start.elapsed()
}

/// JSON has no NaN.
fn number(x: Option<f64>) -> String {
    x.filter(|x| x.is_finite()).map_or("null".into(), |x| x.to_string())
}

/// The most memory that the process ever held, if Linux reports it.
fn peak_kb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
