//! What the page's script calls. Numbers go in one by one, the drawing comes out as text in memory.

use crate::ALL;
use std::cell::RefCell;

#[derive(Default)]
struct State {
    numbers: Vec<f64>,
    text: String,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Turns a control.
#[unsafe(no_mangle)]
pub extern "C" fn turn(control: usize, number: f64) {
    STATE.with_borrow_mut(|state| {
        if state.numbers.len() <= control.min(63) {
            state.numbers.resize(control.min(63) + 1, 0.0);
        }
        state.numbers[control.min(63)] = number;
    });
}

/// Draws a figure; the length of what [`text`] then points to: the drawing, the words, and what each control
/// says, with a zero byte between them.
#[unsafe(no_mangle)]
pub extern "C" fn draw(place: usize) -> usize {
    STATE.with_borrow_mut(|state| {
        let Some(living) = ALL.get(place) else { return 0 };
        // The script may be wrong about the numbers; the figure must not be.
        let number = |(place, control): (usize, &crate::Control)| {
            let number = state.numbers.get(place).copied().filter(|number| number.is_finite());
            number.unwrap_or(control.start).clamp(control.low, control.high)
        };
        let numbers: Vec<f64> = living.controls.iter().enumerate().map(number).collect();
        state.text = match (living.draw)(&numbers) {
            Ok(drawing) => [vec![drawing.svg, drawing.words], drawing.said].concat().join("\0"),
            Err(error) => format!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>\0{error}"),
        };
        state.text.len()
    })
}

/// Where the text begins.
#[unsafe(no_mangle)]
pub extern "C" fn text() -> *const u8 {
    STATE.with_borrow(|state| state.text.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_the_same_drawing() {
        for (place, living) in ALL.iter().enumerate() {
            for (at, control) in living.controls.iter().enumerate() {
                turn(at, control.start);
            }
            let length = draw(place);
            let start: Vec<f64> = living.controls.iter().map(|control| control.start).collect();
            let drawing = (living.draw)(&start).unwrap();
            STATE.with_borrow(|state| {
                assert_eq!(state.text.len(), length);
                assert!(state.text.starts_with(&drawing.svg));
                assert_eq!(state.text.split('\0').count(), 2 + living.controls.len());
            });
        }
    }

    #[test]
    fn nonsense_is_taken_for_the_start() {
        turn(usize::MAX, 1.0);
        turn(0, f64::NAN);
        assert!(draw(0) > 0);
        assert_eq!(draw(usize::MAX), 0);
    }
}
