"""Colors of figures, by Okabe and Ito, which are distinct for color-blind people."""

EXACT, MEASURED, CLAIMED, OTHER = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK, PALE, NEUTRAL = "#333333", "#E6E6E6", "#777777"
