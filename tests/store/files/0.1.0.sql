PRAGMA user_version = 3;
PRAGMA application_id = 1179078740;
BEGIN TRANSACTION;
CREATE TABLE bookmark (
            conversation_id TEXT NOT NULL PRIMARY KEY,
            message_id TEXT NOT NULL,
            part TEXT NOT NULL,
            source INTEGER NOT NULL,
            letters INTEGER NOT NULL,
            above INTEGER NOT NULL
        ) STRICT
        ;
INSERT INTO "bookmark" VALUES('c1','r1','text',3,2,1);
CREATE TABLE chat_message (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            parent_id TEXT REFERENCES chat_message (id) DEFERRABLE INITIALLY DEFERRED,
            role TEXT NOT NULL,
            status TEXT NOT NULL,
            owner TEXT,
            created_at INTEGER NOT NULL,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            error TEXT,
            finish TEXT,
            prompt_tokens INTEGER,
            reply_tokens INTEGER,
            server_id TEXT NOT NULL,
            trashed_at INTEGER,
            reasoning TEXT NOT NULL,
            text TEXT NOT NULL
        , checksum INTEGER) STRICT
        ;
INSERT INTO "chat_message" VALUES(1,'p1','c1',NULL,'user','complete',NULL,1795953600123456,'','',NULL,NULL,NULL,NULL,'',NULL,'','How tall is a giraffe?',2897230276);
INSERT INTO "chat_message" VALUES(2,'r1','c1','p1','assistant','complete',NULL,1795953600123456,'work','gpt',NULL,'stop',12,5,'remote-m1',NULL,'Animals.','About five metres.',1465881435);
INSERT INTO "chat_message" VALUES(3,'r2','c1','p1','assistant','failed',NULL,1795953600123456,'work','gpt','The connection was lost.','length',NULL,NULL,'',NULL,'','Up to',945408498);
INSERT INTO "chat_message" VALUES(4,'r3','c1','p1','assistant','complete',NULL,1795953600123456,'work','gpt',NULL,NULL,NULL,NULL,'',1795953600123456,'','Tall.',3536203220);
INSERT INTO "chat_message" VALUES(5,'p2','c2',NULL,'user','complete',NULL,1795953600123456,'','',NULL,NULL,NULL,NULL,'',NULL,'','Größe 長頸鹿',1558160536);
INSERT INTO "chat_message" VALUES(6,'r4','c2','p2','assistant','streaming','00000000-0000-4000-8000-000000000001',1795953600123456,'work','gpt',NULL,NULL,NULL,NULL,'',NULL,'','',NULL);
INSERT INTO "chat_message" VALUES(7,'p3','c3',NULL,'user','complete',NULL,1795953600123456,'','',NULL,NULL,NULL,NULL,'',NULL,'','In the trash',4080228313);
CREATE TABLE conversation (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            title_source TEXT NOT NULL,
            service TEXT NOT NULL,
            model TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            leaf_id TEXT,
            unread INTEGER NOT NULL,
            pinned INTEGER NOT NULL,
            archived INTEGER NOT NULL,
            trashed_at INTEGER,
            server_id TEXT NOT NULL,
            system_prompt TEXT NOT NULL,
            generation TEXT NOT NULL
        ) STRICT
        ;
INSERT INTO "conversation" VALUES(1,'c1','Title 1','person','work','gpt',1795953600123456,1795953660123456,'r2',1,1,0,NULL,'remote-1','Be brief.','{"max_tokens": 100, "seed": 7, "stop": ["END"], "temperature": 0.5, "top_p": 0.9}');
INSERT INTO "conversation" VALUES(2,'c2','Title 2','prompt','work','gpt',1795953600123456,1795953720123456,'r4',0,0,1,NULL,'','','{}');
INSERT INTO "conversation" VALUES(3,'c3','Title 3','prompt','work','gpt',1795953600123456,1795953780123456,'p3',0,0,0,1795953600123456,'','','{}');
CREATE TABLE draft (
            conversation_id TEXT NOT NULL PRIMARY KEY,
            text TEXT NOT NULL,
            line INTEGER NOT NULL,
            place INTEGER NOT NULL
        ) STRICT
        ;
INSERT INTO "draft" VALUES('c1','A draft',0,7);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','message_index','message_index',0,'CREATE VIRTUAL TABLE message_index USING fts5 (text, content = '''', prefix = 3, tokenize = ''unicode61 remove_diacritics 2'')');
CREATE TABLE 'message_index_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO "message_index_config" VALUES('version',4);
CREATE TABLE 'message_index_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO "message_index_data" VALUES(1,X'0612');
INSERT INTO "message_index_data" VALUES(10,X'000000000105050005010101020101030101040101050101');
INSERT INTO "message_index_data" VALUES(137438953473,X'0000007C0230610102050204626F75740202020104666976650202030107676972616666650102060103686F770102020102697301020401066D6574726573020204010474616C6C01020300043161626F020202010366697602020301036769720102060103686F7701020201036D6574020204010374616C010203040609090C08070B090908080808');
INSERT INTO "message_index_data" VALUES(274877906945,X'000000120330746F030203010275700302020407');
INSERT INTO "message_index_data" VALUES(412316860417,X'00000016053074616C6C04020200043174616C0402020409');
INSERT INTO "message_index_data" VALUES(549755813889,X'0000002E073067726FC39F650502020103E995B70502030202A0B80502040202B9BF05020500043167726F050202040B080707');
INSERT INTO "message_index_data" VALUES(687194767361,X'0000002C0330696E0702020103746865070203020472617368070204000431746865070203020272610702040407080909');
CREATE TABLE 'message_index_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO "message_index_docsize" VALUES(1,X'05');
INSERT INTO "message_index_docsize" VALUES(2,X'03');
INSERT INTO "message_index_docsize" VALUES(3,X'02');
INSERT INTO "message_index_docsize" VALUES(4,X'01');
INSERT INTO "message_index_docsize" VALUES(5,X'04');
INSERT INTO "message_index_docsize" VALUES(7,X'03');
CREATE TABLE 'message_index_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO "message_index_idx" VALUES(1,X'',2);
INSERT INTO "message_index_idx" VALUES(2,X'',2);
INSERT INTO "message_index_idx" VALUES(3,X'',2);
INSERT INTO "message_index_idx" VALUES(4,X'',2);
INSERT INTO "message_index_idx" VALUES(5,X'',2);
CREATE TABLE queued_prompt (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT
        ;
INSERT INTO "queued_prompt" VALUES(1,'q1','c1','Next prompt');
CREATE TABLE reply_delta (
            message_id TEXT NOT NULL REFERENCES chat_message (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            keep INTEGER,
            text TEXT NOT NULL,
            PRIMARY KEY (message_id, seq)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "reply_delta" VALUES('r4',1,NULL,'Half a wrong');
INSERT INTO "reply_delta" VALUES('r4',2,7,'reply');
INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','title_index','title_index',0,'CREATE VIRTUAL TABLE title_index USING fts5 (title, content = '''', prefix = 3, tokenize = ''unicode61 remove_diacritics 2'')');
CREATE TABLE 'title_index_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO "title_index_config" VALUES('version',4);
CREATE TABLE 'title_index_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO "title_index_data" VALUES(1,X'0306');
INSERT INTO "title_index_data" VALUES(10,X'000000000103030003010101020101030101');
INSERT INTO "title_index_data" VALUES(137438953473,X'0000001D02303101020301057469746C6501020200043174697401020204060A');
INSERT INTO "title_index_data" VALUES(274877906945,X'0000001D02303202020301057469746C6502020200043174697402020204060A');
INSERT INTO "title_index_data" VALUES(412316860417,X'0000001D02303303020301057469746C6503020200043174697403020204060A');
CREATE TABLE 'title_index_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO "title_index_docsize" VALUES(1,X'02');
INSERT INTO "title_index_docsize" VALUES(2,X'02');
INSERT INTO "title_index_docsize" VALUES(3,X'02');
CREATE TABLE 'title_index_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO "title_index_idx" VALUES(1,X'',2);
INSERT INTO "title_index_idx" VALUES(2,X'',2);
INSERT INTO "title_index_idx" VALUES(3,X'',2);
CREATE TABLE upkeep (
            task TEXT NOT NULL PRIMARY KEY,
            done_at INTEGER NOT NULL
        ) STRICT
        ;
CREATE INDEX conversation_updated ON conversation (updated_at);
CREATE INDEX chat_message_conversation ON chat_message (conversation_id);
CREATE INDEX chat_message_parent ON chat_message (parent_id);
CREATE INDEX chat_message_owner ON chat_message (owner) WHERE owner IS NOT NULL;
CREATE INDEX conversation_trashed ON conversation (trashed_at)
        WHERE trashed_at IS NOT NULL
        ;
CREATE INDEX chat_message_trashed ON chat_message (trashed_at)
        WHERE trashed_at IS NOT NULL
        ;
CREATE INDEX queued_prompt_conversation ON queued_prompt (conversation_id);
PRAGMA writable_schema=OFF;
COMMIT;
