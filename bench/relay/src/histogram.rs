//! How long packets took: counts in buckets that are a thirty-second of an octave wide, so that a percentile is exact
//! to 3 %.

/// Buckets of an octave, as a power of two.
const FINENESS: u32 = 5;

/// Counts of durations in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; bucket(u64::MAX) + 1], total: 0 }
    }

    pub(crate) fn add(&mut self, nanoseconds: u64) {
        self.counts[bucket(nanoseconds)] += 1;
        self.total += 1;
    }

    /// The least duration that this many percent did not exceed, in nanoseconds; `None` without any.
    pub(crate) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(middle(bucket));
            }
        }
        None
    }
}

/// Below two octaves of [`FINENESS`] each number has its own bucket.
fn bucket(value: u64) -> usize {
    let octave = u64::BITS - (value >> (FINENESS + 1)).leading_zeros();
    let within = usize::try_from(value >> octave).expect("less than two octaves of buckets");
    (usize::try_from(octave).expect("less than 64") << FINENESS) + within
}

fn middle(bucket: usize) -> u64 {
    let octave = (bucket >> FINENESS).saturating_sub(1);
    let first = (bucket - (octave << FINENESS)) as u64;
    let width = 1_u64 << octave;
    (first << octave) + (width - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_kept_to_three_percent() {
        for value in (0..3000).chain((1..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 77])) {
            let kept = middle(bucket(value));
            assert!(kept.abs_diff(value) <= value / 32, "{value} became {kept}");
        }
        assert!(bucket(u64::MAX) < 2048);
    }

    #[test]
    fn percentiles_are_of_what_was_added() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.percentile(50), None);
        for value in 1..=50 {
            histogram.add(value);
        }
        assert_eq!((histogram.percentile(50), histogram.percentile(99)), (Some(25), Some(50)));
        histogram.add(7);
        assert_eq!(histogram.percentile(0), Some(1));
    }
}
