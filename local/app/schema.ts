/** The account that exists only to be found after a restore. */
export const canaryEmail = "canary@slotkeeper.test";

/** The global database: who the users are and which slots there are. Times are integer epoch ms. */
export const globalSchema = `
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    seq INTEGER UNIQUE,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'team', 'business')),
    created_at INTEGER NOT NULL,
    last_login INTEGER
);
CREATE TABLE slots (
    id TEXT PRIMARY KEY COLLATE NOCASE,
    name TEXT NOT NULL,
    owner_id INTEGER NOT NULL REFERENCES users (id),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    deactivated_at INTEGER
);
CREATE INDEX slots_by_owner ON slots (owner_id);
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id),
    slot_id TEXT REFERENCES slots (id)
);
CREATE INDEX audit_log_by_time ON audit_log (at);
`;

/** One slot: a customer's own users, what they did, and the log of it. Times are integer epoch ms. */
export const slotSchema = `
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE actions (
    id INTEGER PRIMARY KEY,
    seq INTEGER UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id)
);
CREATE INDEX actions_by_user ON actions (user_id, at);
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    action_id INTEGER NOT NULL REFERENCES actions (id),
    name TEXT NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX attachments_by_action ON attachments (action_id);
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    action_id INTEGER REFERENCES actions (id)
);
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_action ON audit_log (action_id);
CREATE VIRTUAL TABLE actions_search USING fts5 (payload, content = 'actions', content_rowid = 'id');
CREATE TRIGGER actions_searchable AFTER INSERT ON actions BEGIN
    INSERT INTO actions_search (rowid, payload) VALUES (new.id, new.payload);
END;
CREATE VIEW daily_actions AS
    SELECT at / 86400000 AS day, kind, count(*) AS actions FROM actions GROUP BY day, kind;
`;
