-- Whoever registers an endpoint takes it over, also from another user.

CREATE INDEX push_by_endpoint ON push (endpoint);
