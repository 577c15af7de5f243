CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, score REAL, born DATE, note TEXT);
INSERT INTO users VALUES(1,'Ada',1.5,'1815-12-10','plain');
INSERT INTO users VALUES(2,'O''Brien, Pat',-0.25,NULL,'says "hello"');
INSERT INTO users VALUES(3,'Zoë',1e20,'2024-02-29','two
lines');
INSERT INTO users VALUES(4,'',NULL,NULL,NULL);
INSERT INTO users VALUES(5,'日本',0,'0001-01-01','=1+1');
