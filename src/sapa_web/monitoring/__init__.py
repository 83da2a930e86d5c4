"""An institution's internal monitoring: programme and plan, orders, the steps of each object, documents, local regulations."""
