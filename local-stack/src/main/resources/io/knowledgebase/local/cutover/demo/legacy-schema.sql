CREATE TABLE users (
	id INTEGER NOT NULL, 
	user_id VARCHAR, 
	email VARCHAR, 
	is_anonymous BOOLEAN, 
	created_at DATETIME, 
	updated_at DATETIME, 
	last_login DATETIME, 
	notion_token TEXT, 
	notion_workspace_id VARCHAR, 
	notion_workspace_name VARCHAR, 
	google_access_token TEXT, 
	google_refresh_token TEXT, 
	google_token_expires_at DATETIME, 
	google_user_id VARCHAR, 
	google_user_email VARCHAR, 
	google_user_name VARCHAR, 
	firebase_uid VARCHAR, 
	firebase_email VARCHAR, 
	firebase_name VARCHAR, 
	firebase_photo_url VARCHAR, 
	daily_query_count INTEGER, 
	last_query_reset DATETIME, 
	total_queries INTEGER, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_firebase_uid ON users (firebase_uid);
CREATE INDEX ix_users_id ON users (id);
CREATE UNIQUE INDEX ix_users_user_id ON users (user_id);
CREATE TABLE chat_sessions (
	id INTEGER NOT NULL, 
	session_id VARCHAR, 
	user_id VARCHAR, 
	created_at DATETIME, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (user_id)
);
CREATE INDEX ix_chat_sessions_id ON chat_sessions (id);
CREATE UNIQUE INDEX ix_chat_sessions_session_id ON chat_sessions (session_id);
CREATE TABLE notion_syncs (
	id INTEGER NOT NULL, 
	user_id VARCHAR, 
	page_id VARCHAR, 
	page_title VARCHAR, 
	status VARCHAR, 
	error_message TEXT, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (user_id)
);
CREATE INDEX ix_notion_syncs_id ON notion_syncs (id);
CREATE TABLE usage_logs (
	id INTEGER NOT NULL, 
	user_id VARCHAR, 
	action VARCHAR, 
	details TEXT, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES users (user_id)
);
CREATE INDEX ix_usage_logs_id ON usage_logs (id);
CREATE TABLE chat_messages (
	id INTEGER NOT NULL, 
	session_id VARCHAR, 
	role VARCHAR, 
	content TEXT, 
	sources TEXT, 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(session_id) REFERENCES chat_sessions (session_id)
);
CREATE INDEX ix_chat_messages_id ON chat_messages (id);
