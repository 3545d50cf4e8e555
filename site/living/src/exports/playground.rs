//! The playground's side. An answer is JSON, or an error in words after an exclamation mark.

use crate::charts::Seen;
use crate::playground::{Playground, settings::Settings};
use std::cell::RefCell;

#[derive(Default)]
struct State {
    playground: Option<Playground>,
    /// The contents of the charts.
    seen: Seen,
    text: String,
    numbers: Vec<f32>,
    given: Vec<u8>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

impl State {
    fn answer(&mut self, answer: gradus::Result<String>) -> usize {
        self.text = answer.unwrap_or_else(|error| format!("!{error}"));
        self.text.len()
    }
}

/// Room for so many bytes of text.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.given = vec![0; length.min(1 << 12)];
        state.given.as_mut_ptr()
    })
}

/// Begins with the choice that was put there; answers with all that does not change.
#[unsafe(no_mangle)]
pub extern "C" fn begin() -> usize {
    STATE.with_borrow_mut(|state| {
        let settings = Settings::read(&String::from_utf8_lossy(&state.given));
        let answer = Playground::new(settings).map(|playground| {
            state.seen = Seen::new(&playground.settings.layers);
            let setting = playground.setting();
            state.playground = Some(playground);
            setting
        });
        state.answer(answer)
    })
}

/// Takes so many steps; how many were taken.
#[unsafe(no_mangle)]
pub extern "C" fn train(steps: usize) -> usize {
    STATE.with_borrow_mut(|state| {
        let Some(playground) = &mut state.playground else { return 0 };
        (0..steps).take_while(|_| playground.step().is_ok()).count()
    })
}

/// Answers with what is to be seen.
#[unsafe(no_mangle)]
pub extern "C" fn look() -> usize {
    STATE.with_borrow_mut(|state| {
        let Some(playground) = &mut state.playground else { return 0 };
        let answer = playground.judge().map(|judgment| {
            let health = playground.health();
            let text = playground.json(judgment, health.as_ref());
            state.seen.look(playground.steps(), judgment, health);
            text
        });
        state.answer(answer)
    })
}

/// Answers with a chart of what has been seen until the last look, in a width in pixels: the loss, the gradients over
/// time, the dead units, or the gradients across the depth.
#[unsafe(no_mangle)]
pub extern "C" fn chart(which: usize, width: f64) -> usize {
    STATE.with_borrow_mut(|state| {
        let width = if width.is_finite() { width.clamp(160.0, 4096.0) } else { 320.0 };
        let svg = state.seen.draw(which, width);
        state.answer(Ok(svg))
    })
}

/// How many numbers [`numbers`] then points to: the shares of the classes at each place, then, layer by layer, the
/// values of the units at each place.
#[unsafe(no_mangle)]
pub extern "C" fn map(side: usize) -> usize {
    STATE.with_borrow_mut(|state| {
        let Some(playground) = &mut state.playground else { return 0 };
        state.numbers.clear();
        if let Ok(map) = playground.map(side.clamp(2, 256)) {
            state.numbers.extend_from_slice(map.shares);
            map.layers.iter().for_each(|layer| state.numbers.extend_from_slice(layer));
        }
        state.numbers.len()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn numbers() -> *const f32 {
    STATE.with_borrow(|state| state.numbers.as_ptr())
}

/// Where the answer begins.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    STATE.with_borrow(|state| state.text.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        STATE.with_borrow(|state| state.text.clone())
    }

    #[test]
    fn a_script_begins_trains_and_looks() {
        assert_eq!((train(1), look(), map(8)), (0, 0, 0));
        STATE.with_borrow_mut(|state| state.given = b"layers=3-4&data=arms".to_vec());
        assert!(begin() > 0 && text().contains("data=arms") && text().contains("\"classes\":3"));
        assert_eq!(train(9), 9);
        assert!(look() > 0 && text().starts_with("{\"step\":9,") && text().contains("\"gradient\":"));
        assert!(
            chart(0, 320.0) > 0 && text().contains("viewBox=\"0 0 320 ") && text().contains("after 9 steps")
        );
        assert!(chart(usize::MAX, f64::NAN) > 0 && text().starts_with("<svg "));
        assert_eq!(map(8), 64 * (3 + 3 + 4));
        STATE.with_borrow(|state| assert!(state.numbers.iter().all(|x| x.is_finite())));
    }
}
