//! A line of small bars.

/// `values` as bars from 0 to `top`, one cell each, the newest last; a gap where there is no value.
pub fn bars(values: &[Option<i64>], top: i64, ascii: bool) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const LETTERS: [char; 8] = ['_', '.', '-', '~', '=', '+', '*', '#'];
    let marks = if ascii { LETTERS } else { BLOCKS };
    let top = top.max(1);
    values
        .iter()
        .map(|value| {
            value.map_or(' ', |v| {
                let step = usize::try_from(v.clamp(0, top) * 7 / top).unwrap_or(0);
                marks[step.min(7)]
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_their_values_and_gaps_stay_gaps() {
        assert_eq!(bars(&[Some(0), Some(50), None, Some(100), Some(900)], 100, false), "▁▄ ██");
        assert_eq!(bars(&[Some(0), Some(100)], 100, true), "_#");
        assert_eq!(bars(&[Some(3)], 0, true), "#");
    }
}
