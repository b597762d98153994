//! The state that chooses a label's codebook (SPEC.md section 8.3).
//!
//! Each of two codebooks is coarse, and both together are fine. Which one a label is for follows from whether the labels before were odd, so that
//! nothing has to be said of it, and an encoder that looks ahead can come close to what it wants as if it had both: trellis-coded quantisation
//! (Marcellin and Fischer 1990) with the eight states of Ungerboeck's code (1982), driven by parity as in VVC (Schwarz et al. 2021).

/// Number of states.
pub(super) const STATES: usize = 8;

/// See the module. A coding step begins with [`State::default`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State(u8);

impl State {
    /// All of them, by their numbers.
    pub(super) const EACH: [Self; STATES] = {
        let mut each = [Self(0); STATES];
        let mut number = 0;
        while number < STATES {
            each[number] = Self(number as u8);
            number += 1;
        }
        each
    };

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..STATES as u8).map(Self)
    }

    /// Number of the codebook that the next label is for.
    #[inline]
    pub(super) fn codebook(self) -> usize {
        usize::from(self.0 >> 2)
    }

    /// The state after a label.
    #[inline]
    pub(super) fn after(self, label: i32) -> Self {
        let (a, b, c) = (self.0 >> 2, self.0 >> 1 & 1, self.0 & 1);
        let odd = (label & 1) as u8;
        Self((a ^ b) << 2 | (c ^ odd) << 1 | a)
    }

    /// The states that an even and an odd label lead from to this one.
    #[inline]
    pub(super) const fn before(self) -> [Self; 2] {
        let (ab, c, a) = (self.0 >> 2, self.0 >> 1 & 1, self.0 & 1);
        let even = a << 2 | (a ^ ab) << 1 | c;
        [Self(even), Self(even ^ 1)]
    }

    /// Its place among all.
    #[inline]
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels lead into each state, both odd and even ones, so that a search has a choice everywhere.
    #[test]
    fn every_state_is_reached_from_two_others() {
        let mut reached = [0; STATES];
        for state in State::all() {
            let [even, odd] = [0, -3].map(|label| state.after(label));
            assert_ne!(even, odd);
            assert_eq!([even, odd], [2, 1].map(|label| state.after(label)));
            assert_eq!([even.before()[0], odd.before()[1]], [state; 2]);
            reached[even.index()] += 1;
            reached[odd.index()] += 1;
        }
        assert_eq!(reached, [2; STATES]);
        assert_eq!(State::default().codebook(), 0);
    }

    /// Nothing but even labels stays in codebook 0 from the first state on; one odd label is felt in the next but one.
    #[test]
    fn an_odd_label_changes_the_codebook_later() {
        let mut state = State::default().after(0);
        assert_eq!(state, State::default());
        let mut codebooks = Vec::new();
        for label in [1, 0, 0, 0, 0] {
            codebooks.push(state.codebook());
            state = state.after(label);
        }
        assert_eq!(codebooks, [0, 0, 1, 1, 1]);
    }
}
