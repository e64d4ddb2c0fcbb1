"""How a figure stands to its bars, for `scripts/bench` and `benches/peer-imap`. A bar is the most that a ratio may be; behind the first may
stand that of the second column, which is to be met in the end."""


def met(ratio, limits, place):
    """Whether it keeps within the bar at `place`; where there is none, there is nothing to miss."""
    return all(ratio <= limit for limit in limits[place:place + 1])


def verdict(ratio, limits):
    """All bars in words: `<= 1.5 met, then <= 1.2 NOT MET`."""
    return ", then ".join(f"<= {limit} {'met' if ratio <= limit else 'NOT MET'}" for limit in limits)
