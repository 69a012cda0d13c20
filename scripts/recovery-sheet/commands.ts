import type { SheetFile } from "./secrets.ts";

/** The Litestream that the sheet's commands are tried with; an older one carries an SQLite that may damage data. */
export const SHEET_LITESTREAM = "0.5.18";

/** What a slot's id may be (scripts/fleet/slot-id.ts), as a basic regular expression. */
const SAFE_ID = "^[A-Za-z0-9_][A-Za-z0-9._-]*$";

/**
 * Checks a database that is there: by its plain name sqlite3 would make an absent one, find it sound, and leave it in
 * the way of the restore.
 */
const sound = (file: string) => `sqlite3 "file:${file}?mode=rw" 'PRAGMA integrity_check; PRAGMA foreign_key_check;'`;

/** Shows the versions of the programs. */
export const showVersions = `litestream version
sqlite3 --version
curl --version | head -n 1
age --version
gpg --version | head -n 1
`;

/** Writes the secrets to files that only this user can read. */
export function writeSecrets(files: readonly SheetFile[]): string {
    const heredocs = files.map(({ name, content }) => `cat > ${name} <<'END_OF_FILE'\n${content}END_OF_FILE\n`);
    return `umask 077\n${heredocs.join("")}`;
}

/** Prints a fingerprint of each file of secrets. */
export function fingerprintSecrets(files: readonly SheetFile[]): string {
    return `for FILE in ${files.map(({ name }) => name).join(" ")}; do
    echo "$(sha256sum < "$FILE" | cut -c 1-12)  $FILE"
done
`;
}

/** Makes the rest work in this shell. */
export const useSecrets = `umask 077
. ./store.env
`;

/** The databases in the replica bucket. */
export const listReplicas = `curl -K curl.conf -o listing.xml "$ENDPOINT/$REPLICAS?delimiter=%2F&list-type=2"
tr '<' '\\n' < listing.xml | sed -n 's/^Prefix>\\(..*\\)/\\1/p'
curl -K curl.conf -o listing.xml "$ENDPOINT/$REPLICAS?delimiter=%2F&list-type=2&prefix=slots%2F"
tr '<' '\\n' < listing.xml | sed -n 's/^Prefix>slots\\/\\(..*\\)/\\1/p'
`;

/** The restore points of the global database, the newest last. */
export const showNewest = `litestream ltx -level all "s3://$REPLICAS/global?$AT" | sed 1d | awk '{ print $5 }' | sort | tail -n 3
`;

/** The global database. */
export const restoreGlobal = `litestream restore -integrity-check full -o global.db "s3://$REPLICAS/global?$AT" &&
    ${sound("global.db")}
`;

/** The active slots, safe ids to slots.txt, others to the screen. */
export function readCatalog(catalogQuery: string): string {
    return `cat > catalog.sql <<'END_OF_FILE'
${catalogQuery.trimEnd()}
;
END_OF_FILE
sqlite3 -bail -batch -noheader -list "file:global.db?mode=rw" < catalog.sql | cut -d '|' -f 1 > catalog.txt
sed -n '/${SAFE_ID}/p' catalog.txt | sort -u > slots.txt
sed '/${SAFE_ID}/d' catalog.txt
echo "$(grep -c '' slots.txt) slots"
`;
}

/** One slot, and its check. */
export const restoreSlot = `SLOT=$(head -n 1 slots.txt)
mkdir -p slots
litestream restore -integrity-check full -o "slots/$SLOT.db" "s3://$REPLICAS/slots/$SLOT.db?$AT" &&
    ${sound("slots/$SLOT.db")}
`;

/** All slots that are not there yet. */
export const restoreSlots = `mkdir -p slots
: > failed.txt
while read -r SLOT; do
    [ -e "slots/$SLOT.db" ] && continue
    litestream restore -integrity-check full -o "slots/$SLOT.db" "s3://$REPLICAS/slots/$SLOT.db?$AT" < /dev/null ||
        echo "$SLOT" >> failed.txt
done < slots.txt
cat failed.txt
`;

/** Names every database that is not sound, and counts. */
export const checkAll = `for FILE in global.db slots/*.db; do
    FOUND=$(${sound("$FILE")} 2>&1)
    [ "$FOUND" = ok ] || echo "$FILE: $FOUND"
done
echo "$(grep -c '' slots.txt) slots in the catalog, $(ls slots | grep -c '[.]db$') restored"
`;

/** The snapshots, the last by name last. */
export const listSnapshots = `curl -K curl.conf -o listing.xml "$ENDPOINT/$SNAPSHOTS?list-type=2"
tr '<' '\\n' < listing.xml | sed -n 's/^Key>//p' > snapshots.txt
tail -n 20 snapshots.txt
`;

/** One snapshot, decrypted by whatever it was encrypted with. */
export const fetchSnapshot = `OBJECT=$(tail -n 1 snapshots.txt)
if [ -z "$OBJECT" ]; then
    echo "there is no snapshot"
elif curl -K curl.conf -o snapshot.encrypted "$ENDPOINT/$SNAPSHOTS/$OBJECT"; then
    if [ "$(head -c 18 snapshot.encrypted)" = "age-encryption.org" ]; then
        age --decrypt -i identities.txt -o snapshot snapshot.encrypted
    else
        for FILE in passphrase-*; do
            gpg --batch --yes --quiet --no-options --no-keyring --no-autostart --pinentry-mode loopback \\
                --passphrase-file "$FILE" --output snapshot --decrypt snapshot.encrypted && break
        done
    fi
fi
`;
