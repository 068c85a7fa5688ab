-- Made by fastapi-users 15.0.5: bench/peers/imported.py
BEGIN TRANSACTION;
CREATE TABLE user (
	id CHAR(36) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	hashed_password VARCHAR(1024) NOT NULL, 
	is_active BOOLEAN NOT NULL, 
	is_superuser BOOLEAN NOT NULL, 
	is_verified BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "user" VALUES('17b888ba-f4cd-4084-bc8a-8d8593d7abf2','User0@example.org','$argon2id$v=19$m=64,t=1,p=1$CkH+5jJ4CUtYWyfUtgK6wg$XwRm8jThy5C2iVEjfjM/7ebXPrnVx0Err+bPq5+l7wM',1,0,0);
INSERT INTO "user" VALUES('c1a6d5c9-38b5-4ecd-af5f-f9d15085dff7','User1@example.org','$2b$04$x7xzri0EezTgPMDBJGU/RemzXRq6ZQRj64y1IHiSR1DJsG.JcFcaK',1,0,0);
INSERT INTO "user" VALUES('541729ee-aa04-4993-ac34-663e00dcb5d8','User2@example.org','$argon2id$v=19$m=64,t=1,p=1$jFHTldyVcZ/dBIJ/LrHBUw$4bDlrolzu+SDnKds8ueohf5zfKAL5ptb/xz8R6e5xsI',1,0,0);
INSERT INTO "user" VALUES('accc8cbb-5245-47a0-bdf0-8bc97983ae88','User3@example.org','$2b$04$dGxZ6D6NOoB.UWfgNqYoue/COM4texBEl1lbswI1/OGVWzCoHaP.W',1,0,0);
INSERT INTO "user" VALUES('3b76b366-6bfe-4111-8a12-993b8f5b6fc2','User4@example.org','$argon2id$v=19$m=64,t=1,p=1$LB/gx11LfBDMNleUbbG2ig$lxuW1/KC6NLpYrU9ec38ybdOFVZLWLZzaP/vAtwsWZ8',1,0,0);
INSERT INTO "user" VALUES('9e4f7228-4be4-49da-b90c-ebf3f63363c5','User5@example.org','$2b$04$DNpCu9p2aVKKUeRNtVaxgeqFILP2rBeXa1a6IuaR4hwiHH.pca2vu',1,0,0);
INSERT INTO "user" VALUES('e039ca5e-6a8f-4ac7-bfc9-79b08ffa1a29','User6@example.org','$argon2id$v=19$m=64,t=1,p=1$WCNfK8qTejo6YVOr4KrPjw$VoEuKXLgaEczyNV4GzKXAukwclzJRKqc7fKLRKnjTvw',1,0,0);
INSERT INTO "user" VALUES('b34039f9-6381-462c-b2d7-c74358b0ee80','User7@example.org','$2b$04$mYJsV0bGE6GBL/Sf.B99S.z/PVD0LNumaarI26xAeod0AszY6nvH6',0,0,0);
INSERT INTO "user" VALUES('0dfae92e-8442-4382-912b-2bab29b26970','User8@example.org','$argon2id$v=19$m=64,t=1,p=1$4fd5os3JvNPPdnqnQZCIBQ$+vS8OR5d3KOnnUTuA/KugUAsUhUjnuYYwxO9Rup82hY',1,1,0);
INSERT INTO "user" VALUES('271acebc-fa6f-46ac-92cf-5d2b2a545f5b','User9@example.org','$2b$04$TPvCBVYlQs1uZMwnNKsOuu6/PmvSMOUs88pYamFEAzYrZdg4Uob/K',1,0,1);
CREATE UNIQUE INDEX ix_user_email ON user (email);
COMMIT;
