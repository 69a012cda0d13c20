import { mkdirSync } from "node:fs";
import { join } from "node:path";

import Database from "better-sqlite3";

type Make = (database: Database.Database) => void;

/** Rows of every type, big and small, with what tends to get lost on the way. */
const VALUES = `
    CREATE TABLE every_type (id INTEGER PRIMARY KEY, value);
    INSERT INTO every_type (value) VALUES
        (NULL), (1), (1.0), ('1'), (x'31'), (0), (-0.0), (''), (x''), (9007199254740993), (-9223372036854775808),
        (9223372036854775807), (1e308), (9e999), (-9e999), ('café Ω 🦉'), ('a' || char(0) || 'b'),
        (CAST(x'ff00fe' AS TEXT)), (zeroblob(70000)), (randomblob(5000));
`;

const wal: Make = (database) => {
    database.pragma("journal_mode = WAL");
};

/** What real databases contain; one slot each. Every maker leaves the file closed cleanly. */
const ODD: Record<string, Make> = {
    ...Object.fromEntries(
        [512, 1024, 2048, 8192, 16384, 32768, 65536].map((bytes) => [
            `page_${bytes}`,
            (database: Database.Database) => {
                database.pragma(`page_size = ${bytes}`);
                wal(database);
                database.exec(VALUES);
            },
        ]),
    ),
    "utf-16": (database) => {
        database.pragma("encoding = 'UTF-16le'");
        wal(database);
        database.exec(VALUES);
    },
    fts5: (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);
            CREATE VIRTUAL TABLE notes_search USING fts5 (body, content = 'notes', content_rowid = 'id');
            CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN
                INSERT INTO notes_search (rowid, body) VALUES (new.id, new.body);
            END;
            CREATE VIRTUAL TABLE contentless USING fts5 (body, content = '');
            INSERT INTO notes (body) VALUES ('a slot in the sun'), ('another one'), ('the last one');
            INSERT INTO contentless (rowid, body) VALUES (1, 'nothing is kept but the index');
        `);
    },
    without_rowid: (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE pairs (a TEXT, b INTEGER, c BLOB, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;
            INSERT INTO pairs VALUES ('x', 1, NULL), ('a', 2, x'00'), ('b', 2, 'text in a blob column');
        `);
    },
    strict: (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE strict_table (i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT;
            INSERT INTO strict_table VALUES (1, 1, 'one', x'01', 1), (2, 2.5, 'two', x'02', '2'), (3, 3, 'three', x'03', 3.0);
        `);
    },
    generated: (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE boxes (w REAL, h REAL, area REAL GENERATED ALWAYS AS (w * h) STORED,
                                label TEXT AS (w || ' by ' || h) VIRTUAL, CHECK (w > 0));
            CREATE INDEX boxes_by_label ON boxes (label);
            INSERT INTO boxes (w, h) VALUES (1, 2), (3.5, 4), (0.1, 0.2);
        `);
    },
    "triggers.and-views": (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE COLLATE NOCASE);
            CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);
            CREATE TABLE log (what TEXT);
            CREATE TRIGGER parent_gone AFTER DELETE ON parent BEGIN INSERT INTO log VALUES ('gone ' || old.name); END;
            CREATE VIEW families AS SELECT p.name, count(c.id) AS children FROM parent p LEFT JOIN child c ON c.parent_id = p.id GROUP BY p.id;
            CREATE INDEX child_partial ON child (parent_id) WHERE parent_id > 1;
            INSERT INTO parent (name) VALUES ('a'), ('b'), ('c');
            INSERT INTO child (parent_id) VALUES (1), (2), (2);
            DELETE FROM parent WHERE name = 'c';
        `);
    },
    no_tables: wal,
    journal_delete: (database) => {
        database.pragma("journal_mode = DELETE");
        database.exec(VALUES);
    },
    auto_vacuum: (database) => {
        database.pragma("auto_vacuum = FULL");
        wal(database);
        database.exec(`${VALUES} DELETE FROM every_type WHERE id % 2 = 0;`);
    },
    incremental_vacuum: (database) => {
        database.pragma("auto_vacuum = INCREMENTAL");
        wal(database);
        database.exec(`${VALUES} DELETE FROM every_type WHERE id % 3 = 0;`);
    },
    Odd_Names: (database) => {
        wal(database);
        database.exec(`
            CREATE TABLE "a ""quoted"" table" ("select" INTEGER, "with space" TEXT, rowid TEXT, oid TEXT, _rowid_ TEXT);
            INSERT INTO "a ""quoted"" table" VALUES (2, 'b', 'z', 'y', 'x'), (1, 'a', 'q', 'r', 's');
            CREATE TABLE "táblá ☃" ("" TEXT); INSERT INTO "táblá ☃" VALUES ('snow');
            PRAGMA user_version = 7; PRAGMA application_id = 42;
        `);
    },
};

/** Ids of the odd slots, in catalog order. */
export const oddSlots = Object.keys(ODD);

/** What to leave out of, or add to, an odd fleet. */
export interface OddFleetOptions {
    /** Further ids that the catalog lists as active, whether they are safe or have a file or not. */
    extraIds?: readonly unknown[];
    /** Only these of the odd slots. */
    only?: readonly string[];
}

/** Makes `DIR/global.db` (with a slots table) and `DIR/slots/*.db` of every oddity; returns the ids that have a file. */
export function makeOddFleet(dir: string, options: OddFleetOptions = {}): string[] {
    const ids = options.only ?? oddSlots;
    mkdirSync(join(dir, "slots"), { recursive: true });
    for (const id of ids) {
        const database = new Database(join(dir, "slots", `${id}.db`));
        try {
            ODD[id]?.(database);
        } finally {
            database.close();
        }
    }
    const global = new Database(join(dir, "global.db"));
    try {
        wal(global);
        global.exec("CREATE TABLE slots (id, active INTEGER NOT NULL); CREATE TABLE users (email TEXT UNIQUE);");
        global.prepare("INSERT INTO users VALUES (?)").run("canary@slotkeeper.test");
        const insert = global.prepare("INSERT INTO slots VALUES (?, 1)");
        for (const id of [...ids, ...(options.extraIds ?? [])]) insert.run(id);
        global.prepare("INSERT INTO slots VALUES (?, 0)").run("an_inactive_slot");
    } finally {
        global.close();
    }
    return [...ids];
}
