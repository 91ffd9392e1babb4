"""Gray portraits to color through Lab: the network sees L* and predicts a* and b*.

Run: ``python examples/classic_lab.py portraits.npz``
"""

from __future__ import annotations

from classic import score, train

if __name__ == "__main__":
    colorizer, arguments = train("lab")
    score(colorizer, arguments, "classic_lab")
