import ssh2 from "ssh2";

/** A fresh Ed25519 key pair in OpenSSH's format. ssh2 1.17 makes one in 256 that nobody can read: it is made again. */
export function newKeyPair(): { private: string; public: string } {
    for (;;) {
        const pair = ssh2.utils.generateKeyPairSync("ed25519");
        if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
    }
}
