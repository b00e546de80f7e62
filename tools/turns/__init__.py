"""Who spoke when: a recording of your own (``command``), and how right that is on mixtures (``report``)."""
