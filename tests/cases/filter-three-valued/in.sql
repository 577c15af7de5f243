CREATE TABLE t(id INTEGER PRIMARY KEY, status TEXT);
INSERT INTO t VALUES(1,'active'),(2,'deleted'),(3,NULL),(4,'');
