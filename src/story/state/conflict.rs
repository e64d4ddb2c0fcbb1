//! Decisions that contradict each other, because two desks did not know of each other's.

use std::collections::HashMap;

use crate::story::event::{Event, EventId, What};

/// Two decisions that two desks made without knowing of each other, one for the story and one against it, and nobody
/// settled it since. The same answer on every desk, whatever the order of the lines.
pub(super) fn contradiction(events: &[Event], is_doubted: &dyn Fn(&Event) -> bool) -> Option<(EventId, EventId)> {
    let against = |e: &Event| matches!(e.what, What::Rejected { .. });
    let pro = |e: &Event| {
        matches!(
            e.what,
            What::Approved { .. } | What::Scheduled { .. } | What::PublishBegun { .. } | What::Reopened { .. }
        ) && !is_doubted(e)
    };
    let settles = |e: &Event| {
        matches!(
            e.what,
            What::Rejected { .. }
                | What::Reopened { .. }
                | What::Withdrawn { .. }
                | What::TakenDown { .. }
                | What::Edited { .. }
        ) && !is_doubted(e)
    };
    // without a decision against it, or on a single line of history, there is nothing to contradict
    let forked = events.windows(2).any(|w| !w[1].after.contains(&w[0].id));
    if !forked || !events.iter().any(against) {
        return None;
    }
    let place: HashMap<&EventId, usize> = events.iter().enumerate().map(|(i, e)| (&e.id, i)).collect();
    let words = events.len().div_ceil(64);
    let mut before: Vec<Vec<u64>> = Vec::with_capacity(events.len());
    for event in events {
        let mut set = vec![0u64; words];
        for &i in event.after.iter().filter_map(|id| place.get(id)) {
            if let Some(earlier) = before.get(i) {
                set.iter_mut().zip(earlier).for_each(|(a, b)| *a |= b);
                set[i / 64] |= 1 << (i % 64);
            }
        }
        before.push(set);
    }
    let knows = |later: usize, earlier: usize| before[later][earlier / 64] >> (earlier % 64) & 1 == 1;
    for (r, _) in events.iter().enumerate().filter(|(_, e)| against(e)) {
        for (p, _) in events.iter().enumerate().filter(|(_, e)| pro(e)) {
            let apart = !knows(r, p) && !knows(p, r);
            let settled = || (0..events.len()).any(|s| settles(&events[s]) && knows(s, r) && knows(s, p));
            if apart && !settled() {
                return Some((events[p].id.clone(), events[r].id.clone()));
            }
        }
    }
    None
}
