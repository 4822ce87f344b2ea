"""What an instance can be besides the API that reranks. Each role is one module; a role knows its neighbours by URL."""
