"""What the law asks of a task, as data and as one judgement: words and codes (``codes``), what wallets sign of them (``wording``), what owners
declare of their data (``declared``), what a consortium asks at least (``policy``), and the findings (``gate``).

Not advice: parties say what the law asks them to say, and what contradicts itself or lacks an element is found before anybody signs.
"""
